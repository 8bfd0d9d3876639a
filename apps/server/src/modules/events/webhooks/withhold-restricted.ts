import type { Services } from '../../../platform/context.ts';
import { ownersOfNodes } from '../../profiles/index.ts';
import type { ClaimedDelivery } from './claim-due.ts';
import { recordAttempts } from './delivery-store.ts';
import { findRestricted } from './restricted-owners.ts';

/**
 * Ends deliveries of customers who were restricted since they were written down, without a call and without blaming the
 * endpoint; answers the others. Two queries a workspace, and one for each endpoint that has to do without something.
 */
export async function withholdRestricted(
  services: Services,
  claimed: readonly ClaimedDelivery[],
): Promise<readonly ClaimedDelivery[]> {
  const withheld = new Set<ClaimedDelivery>();
  for (const workspaceId of new Set(claimed.map((delivery) => delivery.workspaceId))) {
    const own = claimed.filter((delivery) => delivery.workspaceId === workspaceId);
    const nodes = [...new Set(own.flatMap(({ nodeId }) => (nodeId === null ? [] : [nodeId])))];
    if (nodes.length === 0) continue;
    const owners = await ownersOfNodes(services.postgres, workspaceId, nodes);
    const restricted = await findRestricted(services.postgres, workspaceId, owners.values());
    if (restricted.size === 0) continue;
    for (const delivery of own) if (restricted.has(owners.get(delivery.nodeId ?? -1) ?? '')) withheld.add(delivery);
  }
  for (const endpointId of new Set([...withheld].map((delivery) => delivery.endpointId))) {
    await end(
      services,
      [...withheld].filter((delivery) => delivery.endpointId === endpointId),
    );
  }
  return claimed.filter((delivery) => !withheld.has(delivery));
}

/** Deliveries to one endpoint. */
async function end({ postgres, clock }: Services, deliveries: readonly ClaimedDelivery[]): Promise<void> {
  const { workspaceId, endpointId } = deliveries[0]!;
  const now = clock.now();
  const attempt = {
    at: new Date(now).toISOString(),
    result: 'refused',
    status: null,
    reason: 'not called: the customer asked that nothing be done with her data',
    tookMs: null,
    responseBody: null,
  } as const;
  const results = deliveries.map(
    ({ id, claim }) => ({ id, claim, attempt, status: 'failed', nextAttemptAt: undefined }) as const,
  );
  await recordAttempts(postgres, workspaceId, { endpointId, results, now });
}
