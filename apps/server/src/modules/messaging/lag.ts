import { INTAKE_LOG, INTERNAL_LOG, type LanePosition, type LogId } from '../../platform/eventlog/index.ts';

/** A place in a lane that the processor must have passed. */
export type LaneMark = readonly [log: LogId, lane: number, seq: number];

/** Where every lane stands in one snapshot: processed up to `seq`, reaching to `head`. */
export type LanePositions = ReadonlyMap<string, { readonly seq: number; readonly head: number }>;

export type Lag = { readonly kind: 'passed' } | { readonly kind: 'behind'; readonly marks: readonly LaneMark[] };

export function toLanePositions(rows: readonly (LanePosition & { head: number })[]): LanePositions {
  return new Map(rows.map((row) => [laneKey(row.log, row.lane), { seq: row.seq, head: row.head }]));
}

/**
 * Has the processor passed everything that was accepted about a profile before its message fell due? First the heads
 * its intake lanes had then; after that the head its internal lane has, because what passing the intake made happen
 * (a segment left, and so a run ended) stands there. Heads are remembered, never moved: a busy lane delays no message.
 */
export function followLanes(options: {
  readonly lanes: readonly { readonly log: LogId; readonly lane: number }[];
  readonly positions: LanePositions;
  /** The marks remembered at the look before. */
  readonly marks: readonly LaneMark[] | undefined;
}): Lag {
  const { lanes, positions } = options;
  const headsOf = (log: LogId): LaneMark[] =>
    lanes
      .filter((lane) => lane.log === log)
      .map((lane) => [log, lane.lane, positions.get(laneKey(log, lane.lane))?.head ?? 0]);
  const open = (marks: readonly LaneMark[]): LaneMark[] =>
    marks.filter(([log, lane, seq]) => (positions.get(laneKey(log, lane))?.seq ?? 0) < seq);
  const behind = (marks: readonly LaneMark[]): Lag =>
    marks.length === 0 ? { kind: 'passed' } : { kind: 'behind', marks };

  const awaited = open(options.marks ?? headsOf(INTAKE_LOG));
  if (awaited.length > 0) return { kind: 'behind', marks: awaited };
  const wasInternal = options.marks !== undefined && options.marks.every(([log]) => log === INTERNAL_LOG);
  return wasInternal ? { kind: 'passed' } : behind(open(headsOf(INTERNAL_LOG)));
}

function laneKey(log: LogId, lane: number): string {
  return `${log}:${lane}`;
}
