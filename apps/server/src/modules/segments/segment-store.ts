import type { SegmentRule, SegmentStatus } from '@segue/contract';

import type { LanePosition } from '../../platform/eventlog/index.ts';
import type { Sql, Transaction } from '../../platform/postgres/index.ts';

export interface SegmentRow {
  workspace_id: number;
  id: string;
  name: string;
  rule: SegmentRule;
  status: SegmentStatus;
  swept_to: string | null;
  created_at: Date;
}

const COLUMNS = 'workspace_id, id, name, rule, status, swept_to, created_at';

export async function insertSegment(
  sql: Sql,
  segment: { workspaceId: number; id: string; name: string; rule: SegmentRule; status: SegmentStatus; createdAt: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into segment (workspace_id, id, name, rule, status, created_at) values ($1, $2, $3, $4, $5, $6)
           on conflict do nothing`,
    values: [
      segment.workspaceId,
      segment.id,
      segment.name,
      JSON.stringify(segment.rule),
      segment.status,
      segment.createdAt,
    ],
  });
  return rowCount === 1;
}

/** Every segment that is evaluated. */
export async function listActiveSegments(sql: Sql, workspaceId: number): Promise<SegmentRow[]> {
  const { rows } = await sql.query<SegmentRow>({
    text: `select ${COLUMNS} from segment where workspace_id = $1 and status <> 'archived' order by created_at, id`,
    values: [workspaceId],
  });
  return rows;
}

export async function findSegment(sql: Sql, workspaceId: number, id: string): Promise<SegmentRow | undefined> {
  const { rows } = await sql.query<SegmentRow>({
    text: `select ${COLUMNS} from segment where workspace_id = $1 and id = $2 and status <> 'archived'`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function listSegments(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | null },
): Promise<SegmentRow[]> {
  const { rows } = await sql.query<SegmentRow>({
    text: `select ${COLUMNS} from segment
           where workspace_id = $1 and status <> 'archived' and ($2::uuid is null or id < $2::uuid)
           order by id desc limit $3`,
    values: [workspaceId, page.beforeId, page.limit],
  });
  return rows;
}

/** For the one back-fill loop; each row says whose it is. */
export async function listToFill(sql: Sql): Promise<SegmentRow[]> {
  const { rows } = await sql.query<SegmentRow>({
    // every workspace: one loop carries them all.
    text: `select ${COLUMNS} from segment where status in ('filling', 'sweeping') order by created_at, id`,
  });
  return rows;
}

/** Moves a segment on; false when another process already did. */
export async function setSegmentStatus(
  sql: Sql,
  segment: { workspaceId: number; id: string; from: SegmentStatus; to: SegmentStatus; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update segment set status = $4, archived_at = case when $4 = 'archived' then $5::timestamptz end
           where workspace_id = $1 and id = $2 and status = $3`,
    values: [segment.workspaceId, segment.id, segment.from, segment.to, segment.at],
  });
  return rowCount === 1;
}

export async function setSweptTo(
  sql: Sql,
  segment: { workspaceId: number; id: string; sweptTo: string },
): Promise<void> {
  await sql.query({
    text: 'update segment set swept_to = $3 where workspace_id = $1 and id = $2',
    values: [segment.workspaceId, segment.id, segment.sweptTo],
  });
}

export interface LeafRow {
  generation: number;
  leaf_key: string;
  status: 'filling' | 'filled' | 'live';
  cut: [log: LanePosition['log'], lane: number, seq: number][];
}

/** The leaf, held until the transaction ends: only one process at a time writes its history. Processors never lock it. */
export async function lockLeaf(sql: Sql, workspaceId: number, generation: number): Promise<LeafRow | undefined> {
  const { rows } = await sql.query<LeafRow>({
    text: `select generation, leaf_key, status, cut from segment_leaf where workspace_id = $1 and generation = $2 for update`,
    values: [workspaceId, generation],
  });
  return rows[0];
}

export async function listLeaves(sql: Sql, workspaceId: number): Promise<LeafRow[]> {
  const { rows } = await sql.query<LeafRow>({
    text: 'select generation, leaf_key, status, cut from segment_leaf where workspace_id = $1',
    values: [workspaceId],
  });
  return rows;
}

/** Registers leaves that are not counted yet; those that are stay as they are. */
export async function registerLeaves(
  sql: Sql,
  workspaceId: number,
  leaves: { keys: readonly string[]; cut: readonly LanePosition[] },
): Promise<void> {
  await sql.query({
    text: `insert into segment_leaf (workspace_id, leaf_key, status, cut)
           select $1, key, 'filling', $3::jsonb from unnest($2::text[]) as key on conflict (workspace_id, leaf_key) do nothing`,
    values: [workspaceId, leaves.keys, JSON.stringify(leaves.cut.map((p) => [p.log, p.lane, p.seq]))],
  });
}

export async function setLeafStatus(
  sql: Sql,
  workspaceId: number,
  leaves: { generations: readonly number[]; status: LeafRow['status'] },
): Promise<void> {
  await sql.query({
    text: 'update segment_leaf set status = $3 where workspace_id = $1 and generation = any($2::integer[])',
    values: [workspaceId, leaves.generations, leaves.status],
  });
}

/** From here on history is folded in; not again when it was already. */
export async function markFilled(sql: Sql, workspaceId: number, generations: readonly number[]): Promise<void> {
  await sql.query({
    text: `update segment_leaf set status = 'filled' where workspace_id = $1 and generation = any($2::integer[]) and status = 'filling'`,
    values: [workspaceId, generations],
  });
}

export async function deleteLeaves(sql: Sql, workspaceId: number, generations: readonly number[]): Promise<void> {
  await sql.query({
    text: 'delete from segment_leaf where workspace_id = $1 and generation = any($2::integer[])',
    values: [workspaceId, generations],
  });
}

/** Replaces what a leaf's history counted to. */
export async function copyLeafStates(
  sql: Transaction,
  workspaceId: number,
  leaf: { generation: number; states: Iterable<{ node: number; times: readonly number[] }> },
): Promise<number> {
  await sql.query({
    text: 'delete from leaf_state where workspace_id = $1 and generation = $2',
    values: [workspaceId, leaf.generation],
  });
  const rows = function* () {
    for (const { node, times } of leaf.states) {
      if (times.length > 0) yield [workspaceId, leaf.generation, node, `{${times.join(',')}}`];
    }
  };
  return sql.copyInto('leaf_state', ['workspace_id', 'generation', 'node', 'times'], rows());
}

/** Takes the history of these nodes out of the table: whoever gets it folds it in, in the same transaction. */
export async function takeLeafStates(
  sql: Sql,
  workspaceId: number,
  question: { generations: readonly number[]; nodes: readonly number[] },
): Promise<{ generation: number; node: number; times: number[] }[]> {
  const { rows } = await sql.query<{ generation: number; node: number; times: string }>({
    name: 'leaf_state_take',
    text: `delete from leaf_state
           where workspace_id = $1 and generation = any($2::integer[]) and node = any($3::bigint[])
           returning generation, node, array_to_string(times, ',') as times`,
    values: [workspaceId, question.generations, question.nodes],
  });
  return rows.map((row) => ({ ...row, times: row.times.split(',').map(Number) }));
}

/** How many segments were created before `at` and still count their history. */
export async function countUnfilledSince(sql: Sql, at: Date): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    // every workspace: whoever runs the server looks after all of them.
    text: `select count(*)::int as n from segment where status in ('filling', 'sweeping') and created_at < $1`,
    values: [at],
  });
  return rows[0]!.n;
}
