import type { LifecycleStage } from '@segue/contract';
import { defineSection, type Subject } from '../../platform/eventlog/index.ts';
import type { Json } from '../../platform/json.ts';
import { profilingObjectedAt } from '../profiles/index.ts';

/** The segments' part of a subject's state. */
export interface SegmentState {
  /** Leaf states by generation, each as its kind keeps it. */
  leaves: Record<string, Json>;
  /** Short keys of the segments the profile is in, of those up to `upTo`; of later ones the rows say it. */
  member: string[];
  /** When the wake row of this profile is due at the latest; absent: not by what is known of it here. */
  wakeMs?: number;
  /** Its lifecycle stage; left out: `visitor`, or it was not looked at for it. */
  stage?: LifecycleStage;
  /** The greatest serial of the segments it was looked at for. */
  upTo?: number;
}

export const segmentSection = defineSection<SegmentState>('s');

export const EMPTY_STATE: SegmentState = { leaves: {}, member: [] };

/** A segment's id in few characters: the random half of its uuid. */
export function shortKey(segmentId: string): string {
  return Buffer.from(segmentId.replaceAll('-', '').slice(16), 'hex').toString('base64url');
}

/**
 * Whether the profile is in the segment, as of the last event or wake processed; never of who objected to profiling. No query:
 * outside the processor call `catchUpMembers` first.
 */
export function isMember(subject: Subject, segmentId: string): boolean {
  if (profilingObjectedAt(subject) !== undefined) return false;
  return subject.get(segmentSection)?.member.includes(shortKey(segmentId)) ?? false;
}
