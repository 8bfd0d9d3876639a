import type { EventBatch, Subject, SubjectBatch } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { insertChangedFacts } from './changed-fact-store.ts';
import { noteDerivedTraits } from './derived-traits.ts';
import { KIND_CODES } from './identifier.ts';

/** A transaction that changes facts. `entries`: it is the processor's, whose later stages ask rules in it. */
type Noting = Pick<SubjectBatch, 'workspaceId' | 'now'> & { readonly sql: Sql } & Partial<Pick<EventBatch, 'entries'>>;

/**
 * Facts about these profiles changed, like `$consent`: rules that read them are asked again. In the processor's own
 * transaction, where the profile is at hand; else at once after this transaction, by a row that waits.
 */
export async function noteFacts(batch: Noting, profileIds: Iterable<string>, facts: readonly string[]): Promise<void> {
  const others: string[] = [];
  const atHand = new Map(batch.entries?.map(({ subject }) => [subject?.id, subject]));
  for (const id of new Set(profileIds)) {
    const subject = atHand.get(id);
    if (subject === undefined) others.push(id);
    else noteDerivedTraits(subject, facts);
  }
  await insertChangedFacts(batch.sql, batch.workspaceId, { profileIds: others, facts, at: new Date(batch.now) });
}

const ADDRESS_KINDS: ReadonlySet<number | undefined> = new Set([KIND_CODES.email, KIND_CODES.phone]);

/** Rules about where a profile can be written to, and where its telephone is from, are asked again with its addresses. */
export function noteAddresses(subject: Subject, kinds: readonly (number | undefined)[]): void {
  if (kinds.some((kind) => ADDRESS_KINDS.has(kind))) noteDerivedTraits(subject, ['$reachable', '$consent', '$place']);
}
