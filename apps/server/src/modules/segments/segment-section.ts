import { defineSection, type Subject } from '../../platform/eventlog/index.ts';
import { profilingObjectedAt } from '../profiles/index.ts';

/** The segments' part of a subject's state. */
export interface SegmentState {
  /** Leaf states by generation: times, newest first. */
  leaves: Record<string, number[]>;
  /** Short keys of the segments the profile is in. */
  member: string[];
  /** When the wake row of this profile is due; absent: it has none. */
  wakeMs?: number;
  /** Short keys of segments still being swept that this profile was already looked at for. */
  looked?: string[];
}

export const segmentSection = defineSection<SegmentState>('s');

export const EMPTY_STATE: SegmentState = { leaves: {}, member: [] };

/** A segment's id in few characters: the random half of its uuid. */
export function shortKey(segmentId: string): string {
  return Buffer.from(segmentId.replaceAll('-', '').slice(16), 'hex').toString('base64url');
}

/** Whether the profile is in the segment, as of the last event or wake processed; never of who objected to profiling. No query. */
export function isMember(subject: Subject, segmentId: string): boolean {
  if (profilingObjectedAt(subject) !== undefined) return false;
  return subject.get(segmentSection)?.member.includes(shortKey(segmentId)) ?? false;
}
