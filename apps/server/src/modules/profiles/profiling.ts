import { defineSection, type NodeRef, type Subject, type SubjectBatch } from '../../platform/eventlog/index.ts';

/**
 * Article 21(2) of the GDPR: who objects to direct marketing objects to profiling for it, too. She is in no segment, begins
 * no journey that sends marketing, and gets nothing of one she is in; what happens is stored as ever.
 */
interface ProfilingObjection {
  readonly sinceMs: number;
}

const objectionSection = defineSection<ProfilingObjection>('o');

/** Segue's own events of it: whoever evaluates customers looks at her again. */
export const PROFILING_OBJECTED = 'Profiling Objected';
export const PROFILING_ALLOWED = 'Profiling Allowed';

/** Since when she must not be profiled, in milliseconds; undefined: she may be. No query: it lies in her own state. */
export function profilingObjectedAt(subject: Subject | undefined): number | undefined {
  return subject?.get(objectionSection)?.sinceMs;
}

/** Takes the objection of a locked profile down, or back, and tells it. Answers whether that changed anything. */
export function objectToProfiling(
  batch: Pick<SubjectBatch, 'now' | 'emit'>,
  subject: Subject,
  said: { readonly isObjected: boolean; readonly source: string; readonly node: NodeRef },
): boolean {
  const isObjected = profilingObjectedAt(subject) !== undefined;
  if (isObjected === said.isObjected) return false;
  subject.set(objectionSection, isObjected ? undefined : { sinceMs: batch.now });
  batch.emit({
    subjectId: subject.id,
    node: said.node,
    name: isObjected ? PROFILING_ALLOWED : PROFILING_OBJECTED,
    occurredAt: batch.now,
    properties: { source: said.source },
  });
  return true;
}

/** Of profiles that become one, or part, each keeps what one of them objected to. */
export function shareObjection(from: Subject, into: Subject): void {
  const theirs = from.get(objectionSection);
  if (theirs !== undefined && into.get(objectionSection) === undefined) into.set(objectionSection, theirs);
}
