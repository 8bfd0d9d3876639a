import type { EmittedEvent, NodeRef, SubjectBatch } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { findMarks } from './follow-store.ts';
import { type ConsentProof, sealProof } from './proof.ts';
import { causeOfEvent } from './read-consent-event.ts';
import { type Rhythm, USUAL_RHYTHM, weighWishes, type WishValue } from './rhythm.ts';
import { findWishes, insertWishes, type NewWish } from './wish-store.ts';

/** One wish of one customer about when and how often, with where it comes from. */
export interface WishFact {
  readonly profileId: string;
  readonly node: NodeRef;
  readonly value: WishValue;
  /** In milliseconds; one from the future counts as said now. */
  readonly occurredAt: number;
  readonly source: string;
  /** The same for the same wish, so that a repeat is recognised. */
  readonly cause: string;
  readonly proof?: ConsentProof | undefined;
}

/** Records what customers wish about when and how often. Their subjects must be locked by `batch`. */
export async function recordWishes(
  batch: Pick<SubjectBatch, 'workspaceId' | 'sql' | 'now' | 'keysOf'>,
  facts: readonly WishFact[],
): Promise<void> {
  if (facts.length === 0) return;
  const keys = await batch.keysOf(batch.workspaceId);
  const wishes = facts.map((fact): NewWish => ({
    ...fact,
    id: newUuid(batch.now),
    occurredAt: Math.min(fact.occurredAt, batch.now),
    proof: sealProof(keys, fact.proof),
  }));
  await insertWishes(batch.sql, batch.workspaceId, { wishes, nowMs: batch.now });
}

/** Records wishes said here and now, and tells the world by an event whose id is their cause. */
export async function sayWishes(
  batch: Pick<SubjectBatch, 'workspaceId' | 'sql' | 'now' | 'keysOf' | 'emit'>,
  said: { profileId: string; node: NodeRef; source: string; proof: ConsentProof; values: readonly WishValue[] },
): Promise<void> {
  const { profileId, node, source, proof, values } = said;
  const wished = values.map((value) => ({ value, eventId: newUuid(batch.now) }));
  const facts = wished.map(({ value, eventId }) => {
    const cause = causeOfEvent(eventId);
    return { profileId, node, value, source, proof, cause, occurredAt: batch.now };
  });
  await recordWishes(batch, facts);
  for (const { value, eventId } of wished) {
    const about = { subjectId: profileId, node, id: eventId, occurredAt: batch.now };
    batch.emit({ ...about, ...eventOf(value, source) });
  }
}

function eventOf(value: WishValue, source: string): Pick<EmittedEvent, 'name' | 'properties'> {
  if (value.kind === 'frequency')
    return {
      name: 'Message Frequency Changed',
      properties: { frequency: value.isLessOften ? 'less_often' : 'usual', source },
    };
  return value.until === undefined
    ? { name: 'Messages Resumed', properties: { source } }
    : { name: 'Messages Paused', properties: { until: new Date(value.until).toISOString(), source } };
}

/** When and how often these profiles may be written to; who never said anything has the usual rhythm. One query a table. */
export async function readRhythms(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<ReadonlyMap<string, Rhythm>> {
  const wishes = await findWishes(sql, workspaceId, profileIds);
  const marks = await findMarks(sql, workspaceId, [...wishes.keys()]);
  return new Map(
    profileIds.map((id) => {
      const mine = wishes.get(id);
      return [id, mine === undefined ? USUAL_RHYTHM : weighWishes(id, { wishes: mine, merges: marks.get(id) ?? [] })];
    }),
  );
}
