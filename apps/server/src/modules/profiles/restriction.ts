import { defineSection, type Stage, type Subject, type SubjectBatch } from '../../platform/eventlog/index.ts';
import { profilingObjectedAt, shareObjection } from './profiling.ts';
import { forgetWithheld, noteWithheld } from './withheld-store.ts';

/** Article 18 of the GDPR: what is known of her is kept, and nothing is done with it. */
export interface Restriction {
  readonly sinceMs: number;
}

type Written = Pick<SubjectBatch, 'sql' | 'workspaceId' | 'now'>;

const restrictionSection = defineSection<Restriction>('x');

/** Whether nothing may be done with this profile but keep it. No query: it lies in the subject's own state. */
export function isRestricted(subject: Subject | undefined): boolean {
  return restrictedAt(subject) !== undefined;
}

/** Since when, in milliseconds. No query. */
export function restrictedAt(subject: Subject | undefined): number | undefined {
  return subject?.get(restrictionSection)?.sinceMs;
}

/** Answers whether that changed anything. */
export async function restrict(batch: Written, subject: Subject): Promise<boolean> {
  if (isRestricted(subject)) return false;
  subject.set(restrictionSection, { sinceMs: batch.now });
  await noteWithheld(batch.sql, batch.workspaceId, [subject.id]);
  return true;
}

/** Answers whether that changed anything. */
export async function liftRestriction(batch: Written, subject: Subject): Promise<boolean> {
  if (!isRestricted(subject)) return false;
  subject.set(restrictionSection, undefined);
  if (profilingObjectedAt(subject) === undefined) await forgetWithheld(batch.sql, batch.workspaceId, subject.id);
  return true;
}

/**
 * Keeps what acts from seeing events of a restricted profile. Stands behind the stages that store, consent among them,
 * and before those that act. Of merged profiles the more restricted one wins; an objection to profiling is shared likewise.
 */
export const restrictionStage: Stage = {
  name: 'restriction',
  async run(batch) {
    await share(batch, batch.merges);
    for (const entry of batch.entries) if (isRestricted(entry.subject)) entry.subject = undefined;
  },
  async rebuild(batch) {
    // Whoever was part of a restricted profile meant herself as well.
    await share(batch, batch.handovers);
  },
};

async function share(
  batch: Written,
  pairs: readonly { readonly from: Subject; readonly into: Subject }[],
): Promise<void> {
  const withheld = new Set<string>();
  for (const { from, into } of pairs) {
    const theirs = from.get(restrictionSection);
    if (theirs !== undefined && !isRestricted(into)) into.set(restrictionSection, theirs);
    shareObjection(from, into);
    if (isRestricted(into) || profilingObjectedAt(into) !== undefined) withheld.add(into.id);
  }
  await noteWithheld(batch.sql, batch.workspaceId, [...withheld].sort());
}
