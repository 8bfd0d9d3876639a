import type { NodeRef, SubjectBatch } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { insertRecords } from './consent-store.ts';
import type { ConsentStatus } from './permission.ts';
import { type ConsentProof, sealProof } from './proof.ts';

/** One word of one customer, with where it comes from. */
export interface ConsentFact {
  readonly profileId: string;
  /** The identifier it was said under. */
  readonly node: NodeRef;
  readonly channel: string;
  readonly topic: string;
  readonly status: ConsentStatus;
  readonly occurredAt: number;
  /** What asked for it, like `preference_page` or `event`. */
  readonly source: string;
  /** The same for the same word, so that a repeat is recognised: see `causedId`. */
  readonly cause: string;
  readonly proof?: ConsentProof | undefined;
}

/**
 * Records what customers said and brings permissions up to date. Their subjects must be locked by `batch`, so that a
 * merge under way cannot leave a word behind. A word from the future counts as said now: it must not outrank a later one.
 */
export async function recordConsent(
  batch: Pick<SubjectBatch, 'workspaceId' | 'sql' | 'now' | 'keysOf'>,
  facts: readonly ConsentFact[],
): Promise<void> {
  if (facts.length === 0) return;
  const keys = await batch.keysOf(batch.workspaceId);
  const records = facts.map(({ proof, ...fact }) => ({
    ...fact,
    id: newUuid(batch.now),
    occurredAt: Math.min(fact.occurredAt, batch.now),
    proof: sealProof(keys, proof),
  }));
  await insertRecords(batch.sql, batch.workspaceId, { records, nowMs: batch.now });
}
