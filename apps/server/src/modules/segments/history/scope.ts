import type { RowSql } from './row-sql.ts';

/** How far history counts in one lane; everything after is counted live. */
export interface CutPosition {
  readonly log: number;
  readonly lane: number;
  readonly seq: number;
}

/** Which part of the history a question is about. */
export interface HistoryScope {
  readonly workspaceId: number;
  /** A lane without a position counts nothing. Left out: everything the history has. */
  readonly cut?: readonly CutPosition[];
  readonly nowMs: number;
  /** Only these identity nodes; all when left out. */
  readonly nodes?: readonly number[];
  /** Only identity nodes after one and up to another: how a back-fill pages. */
  readonly range?: { readonly after: number; readonly upTo: number };
}

/** What every row of a workspace's `history_events` must meet to be in scope: text that follows a condition. */
export function scopeConditions(scope: HistoryScope, row: RowSql): string {
  const { cut, nodes, range } = scope;
  const conditions: string[] = [];
  // Numbers in the text, not a parameter: those travel in the URL, which has no room for many. 0 is nobody's.
  if (nodes !== undefined) conditions.push(`node in (${[0, ...nodes].map((node) => Math.trunc(node)).join(',')})`);
  if (range !== undefined) {
    conditions.push(`node > ${row.bind(range.after, 'UInt64')} and node <= ${row.bind(range.upTo, 'UInt64')}`);
  }
  if (cut !== undefined) {
    const lanes = row.bind(
      cut.map(({ log, lane }) => log * 256 + lane),
      'Array(UInt32)',
    );
    const seqs = row.bind(
      cut.map(({ seq }) => seq),
      'Array(UInt64)',
    );
    conditions.push(
      `seq < transform(toUInt16(log) * 256 + lane, ${lanes}, arrayMap(s -> s + 1, ${seqs}), toUInt64(0))`,
    );
  }
  return conditions.map((condition) => ` and ${condition}`).join('');
}
