import { defineSection, type Stage, type Subject } from '../../platform/eventlog/index.ts';
import { shareObjection } from './profiling.ts';

/** Article 18 of the GDPR: what is known of her is kept, and nothing is done with it. */
export interface Restriction {
  readonly sinceMs: number;
}

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
export function restrict(subject: Subject, nowMs: number): boolean {
  if (isRestricted(subject)) return false;
  subject.set(restrictionSection, { sinceMs: nowMs });
  return true;
}

/** Answers whether that changed anything. */
export function liftRestriction(subject: Subject): boolean {
  if (!isRestricted(subject)) return false;
  subject.set(restrictionSection, undefined);
  return true;
}

/**
 * Keeps what acts from seeing events of a restricted profile. Stands behind the stages that store, consent among them,
 * and before those that act. Of merged profiles the more restricted one wins; an objection to profiling is shared likewise.
 */
export const restrictionStage: Stage = {
  name: 'restriction',
  async run(batch) {
    for (const { from, into } of batch.merges) {
      const theirs = from.get(restrictionSection);
      if (theirs !== undefined && !isRestricted(into)) into.set(restrictionSection, theirs);
      shareObjection(from, into);
    }
    for (const entry of batch.entries) if (isRestricted(entry.subject)) entry.subject = undefined;
  },
  async rebuild({ handovers }) {
    // Whoever was part of a restricted profile meant herself as well.
    for (const { from, into } of handovers) {
      const theirs = from.get(restrictionSection);
      if (theirs !== undefined && !isRestricted(into)) into.set(restrictionSection, theirs);
      shareObjection(from, into);
    }
  },
};
