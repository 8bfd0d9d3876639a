import type { Ctx } from '../../platform/context.ts';
import { pageRecordsOf } from './consent-store.ts';
import { openProof } from './proof.ts';

/** What a customer said once, with what was kept as its proof. */
export interface ConsentWord {
  readonly profileId: string;
  readonly occurredMs: number;
  readonly channel: string;
  readonly topic: string;
  readonly status: string;
  readonly source: string;
  readonly isConfirmed: boolean;
  readonly text: string | null;
  readonly url: string | null;
  readonly ip: string | null;
}

/** Everything these profiles said about consent, oldest first. One query. */
export async function listConsentWords(ctx: Ctx, profileIds: readonly string[]): Promise<ConsentWord[]> {
  const keys = await ctx.keysOf(ctx.workspaceId);
  const rows = await pageRecordsOf(ctx.sql, ctx.workspaceId, profileIds);
  return rows.map((row) => {
    const { text = null, url = null, ip = null } = openProof(keys, row.proof);
    return {
      ...{ profileId: row.profile_id, occurredMs: row.occurred_ms, channel: row.channel, topic: row.topic },
      ...{ status: row.status, source: row.source, isConfirmed: row.confirmed, text, url, ip },
    };
  });
}
