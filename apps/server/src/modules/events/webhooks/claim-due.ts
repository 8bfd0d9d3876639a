import type { Services } from '../../../platform/context.ts';
import type { CalledEndpoint } from './call-endpoint.ts';
import { claimDeliveries, lockDueEndpoints, markClaimed } from './delivery-store.ts';
import { paceCalls } from './plan-delivery.ts';

const ENDPOINTS_MAX = 32;

/** A delivery that is this process's to send, and where to. */
export interface ClaimedDelivery {
  readonly workspaceId: number;
  readonly endpointId: string;
  readonly id: string;
  readonly claim: string;
  readonly body: string;
  readonly sealed: Buffer | null;
  readonly nodeId: number | null;
  /** Which try of its schedule this is, from 1. */
  readonly tries: number;
  readonly endpoint: CalledEndpoint;
}

/** Claims due deliveries in one transaction, a few of each endpoint: one with a long backlog keeps no other waiting. */
export async function claimDue(
  services: Services,
  claim: { owner: string; claimId: string; room: number },
): Promise<ClaimedDelivery[]> {
  const now = services.clock.now();
  return services.postgres.transaction(async (sql) => {
    const due = await lockDueEndpoints(sql, { now, limit: ENDPOINTS_MAX });
    let left = claim.room;
    // Evenly, and half of what is free: those that hang must not take every call before others were even looked at.
    const share = Math.max(1, Math.floor(left / (2 * Math.max(1, due.length))));
    const paced = due.map((endpoint) => {
      const { room, pacedAfter } = paceCalls(
        {
          ratePerSecond: endpoint.rate_per_second ?? undefined,
          pacedAt: endpoint.paced_at?.getTime(),
          failures: endpoint.failures,
          inFlight: endpoint.in_flight,
        },
        now,
      );
      const granted = Math.min(room, share, left);
      left -= granted;
      return { endpoint, workspaceId: endpoint.workspace_id, id: endpoint.id, room: granted, pacedAfter };
    });
    const endpoints = paced.filter(({ room }) => room > 0);
    if (endpoints.length === 0) return [];
    const rows = await claimDeliveries(sql, { endpoints, owner: claim.owner, claimId: claim.claimId, now });
    const ofEndpoint = new Map(endpoints.map((each) => [`${each.workspaceId}/${each.id}`, each]));
    const counts = new Map<string, number>();
    for (const row of rows) {
      const key = `${row.workspace_id}/${row.endpoint_id}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    await markClaimed(
      sql,
      endpoints.map(({ workspaceId, id, pacedAfter }) => ({
        workspaceId,
        id,
        pacedAt: pacedAfter(counts.get(`${workspaceId}/${id}`) ?? 0),
      })),
      now,
    );
    return rows.map((row) => {
      const { endpoint } = ofEndpoint.get(`${row.workspace_id}/${row.endpoint_id}`)!;
      return {
        workspaceId: row.workspace_id,
        endpointId: row.endpoint_id,
        id: row.id,
        claim: row.claim,
        body: row.body,
        sealed: row.sealed,
        nodeId: row.node_id,
        tries: row.tries,
        endpoint: {
          url: endpoint.url,
          headers: endpoint.headers,
          secret: endpoint.secret,
          previousSecret: endpoint.previous_secret,
          previousUntil: endpoint.previous_until,
          includePersonal: endpoint.include_personal,
        },
      };
    });
  });
}
