import type { EventBatch, NodeRef, SubjectBatch } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { noteFacts } from '../profiles/index.ts';
import { askForConfirmation } from './ask-for-confirmation.ts';
import { insertRecords, type WordingRef } from './consent-store.ts';
import { CONSENT_FACTS } from './consent-facts.ts';
import type { ConsentStatus, RecordStatus } from './consent-status.ts';
import { statusToRecord } from './permission.ts';
import { type ConsentProof, sealProof } from './proof.ts';
import { addToStates } from './refresh-states.ts';
import { ALL_TOPICS, demandsOf } from './topic.ts';
import { listTopics } from './topic-store.ts';

/**
 * One word of one customer, with where it comes from. What a fact needs: whose it is and the node it was said under (it goes
 * where the node goes when a merge is undone), channel, topic, status, when it was said, its source, and a `cause` that is
 * the same whenever the same word is heard again. Everything else makes it stronger evidence, or a stronger yes.
 */
export interface ConsentFact {
  readonly profileId: string;
  /** The identifier it was said under. */
  readonly node: NodeRef;
  readonly channel: string;
  /** `*` for every marketing topic: of a denial only. */
  readonly topic: string;
  readonly status: ConsentStatus;
  /** Event time, in milliseconds. */
  readonly occurredAt: number;
  /** What asked for it, like `preference_page` or `event`. */
  readonly source: string;
  /** The same for the same word, so that a repeat is recognised: see `causedId`. */
  readonly cause: string;
  readonly proof?: ConsentProof | undefined;
  /** Which version of which text she was shown; the text itself belongs into the proof. */
  readonly wording?: WordingRef | undefined;
  /** Said from the mailbox itself. Of a yes that asks for it, this counts only together with `addressHash`. */
  readonly isConfirmed?: boolean | undefined;
  /** The address a yes was said from, or confirmed for: it permits no other. From `addressHash`. */
  readonly addressHash?: string | undefined;
  /** Where it was said asks for a confirmation, whatever the topic asks. */
  readonly asksConfirmation?: boolean | undefined;
}

/**
 * Records what customers said and brings permissions up to date; a yes that needs a confirmation becomes pending, and she
 * is asked to confirm it. Answers what each word was recorded as. Their subjects must be locked by `batch`, so that a
 * merge under way cannot leave a word behind. A word from the future counts as said now: it must not outrank a later one.
 */
export async function recordConsent(
  batch: Pick<SubjectBatch, 'workspaceId' | 'sql' | 'now' | 'keysOf' | 'emit'> & Partial<Pick<EventBatch, 'entries'>>,
  facts: readonly ConsentFact[],
): Promise<readonly RecordStatus[]> {
  if (facts.length === 0) return [];
  if (facts.some((fact) => fact.status === 'granted' && fact.topic === ALL_TOPICS))
    throw new Error('a yes is about one topic');
  const keys = await batch.keysOf(batch.workspaceId);
  const topics = new Map((await listTopics(batch.sql, batch.workspaceId)).map((topic) => [topic.topic, topic]));
  const records = facts.map(({ proof, isConfirmed = false, asksConfirmation = false, ...fact }) => {
    const demands = demandsOf(topics, fact.topic);
    return {
      ...fact,
      status: statusToRecord({ status: fact.status, isConfirmed, asksConfirmation }, demands),
      isConfirmed,
      addressHash: fact.status === 'granted' ? fact.addressHash : undefined,
      legalBasis: demands.isMarketing ? ('marketing' as const) : ('transactional' as const),
      wording: fact.wording,
      id: newUuid(batch.now),
      occurredAt: Math.min(fact.occurredAt, batch.now),
      proof: sealProof(keys, proof),
    };
  });
  const inserted = await insertRecords(batch.sql, batch.workspaceId, { records, nowMs: batch.now });
  const fresh = records.filter((record) => inserted.has(record.id));
  const words = fresh.map(({ id: recordId, ...word }) => ({ ...word, recordId }));
  await addToStates(batch.sql, batch.workspaceId, words);
  const whose = words.map(({ profileId }) => profileId);
  await noteFacts(batch, whose, CONSENT_FACTS);
  const pending = fresh.filter((record) => record.status === 'pending');
  await askForConfirmation(batch, { pending, topics });
  return records.map((record) => record.status);
}
