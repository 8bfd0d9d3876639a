import type { NodeRef, SubjectBatch } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { askForConfirmation } from './ask-for-confirmation.ts';
import { insertRecords } from './consent-store.ts';
import { type ConsentStatus, type RecordStatus, statusToRecord } from './permission.ts';
import { type ConsentProof, sealProof } from './proof.ts';
import { demandsOf } from './topic.ts';
import { listTopics } from './topic-store.ts';

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
  /** Said from the mailbox itself. */
  readonly isConfirmed?: boolean | undefined;
  /** Where it was said asks for a confirmation, whatever the topic asks. */
  readonly asksConfirmation?: boolean | undefined;
}

/**
 * Records what customers said and brings permissions up to date; a yes that needs a confirmation becomes pending, and she
 * is asked to confirm it. Answers what each word was recorded as. Their subjects must be locked by `batch`, so that a
 * merge under way cannot leave a word behind. A word from the future counts as said now: it must not outrank a later one.
 */
export async function recordConsent(
  batch: Pick<SubjectBatch, 'workspaceId' | 'sql' | 'now' | 'keysOf' | 'emit'>,
  facts: readonly ConsentFact[],
): Promise<readonly RecordStatus[]> {
  if (facts.length === 0) return [];
  const keys = await batch.keysOf(batch.workspaceId);
  const topics = new Map((await listTopics(batch.sql, batch.workspaceId)).map((topic) => [topic.topic, topic]));
  const records = facts.map(({ proof, isConfirmed = false, asksConfirmation = false, ...fact }) => ({
    ...fact,
    status: statusToRecord({ status: fact.status, isConfirmed, asksConfirmation }, demandsOf(topics, fact.topic)),
    isConfirmed,
    id: newUuid(batch.now),
    occurredAt: Math.min(fact.occurredAt, batch.now),
    proof: sealProof(keys, proof),
  }));
  const inserted = await insertRecords(batch.sql, batch.workspaceId, { records, nowMs: batch.now });
  const pending = records.filter((record) => record.status === 'pending' && inserted.has(record.id));
  await askForConfirmation(batch, { pending, topics });
  return records.map((record) => record.status);
}
