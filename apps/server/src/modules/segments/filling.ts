import type { CutPosition } from './history/scope.ts';
import type { CompiledRule } from './rule.ts';
import type { SegmentRow } from './segment-store.ts';

/** A segment whose history is being counted, its rule under way compiled. */
export interface Filling {
  readonly segment: SegmentRow;
  readonly compiled: CompiledRule;
  readonly cut: readonly CutPosition[];
}
