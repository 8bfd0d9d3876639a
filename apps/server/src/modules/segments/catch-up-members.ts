import type { Subject, SubjectBatch } from '../../platform/eventlog/index.ts';
import { segmentsBehind } from './advance-member.ts';
import { advanceMembers, quietLook } from './advance-members.ts';
import { segmentDefinitions } from './definitions.ts';
import { segmentSection } from './segment-section.ts';

/**
 * Looks at locked profiles that were not looked at since a segment began to be evaluated: afterwards `isMember` knows all of
 * them. No query when there is none such; the processor's own batches have done it.
 */
export async function catchUpMembers(batch: SubjectBatch, subjects: Iterable<Subject>): Promise<void> {
  const definitions = await segmentDefinitions(batch);
  const behind = [...subjects].filter((subject) => segmentsBehind(definitions, subject.get(segmentSection)).length > 0);
  if (behind.length === 0) return;
  await advanceMembers(batch, definitions, { looks: behind.map((subject) => quietLook(subject)) });
}
