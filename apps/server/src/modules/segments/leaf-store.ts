import type { Json } from '../../platform/json.ts';
import type { LanePosition } from '../../platform/eventlog/index.ts';
import { arrayLiteral, type Sql, type Transaction } from '../../platform/postgres/index.ts';

/** A place in every lane as rows keep it. */
export type StoredCut = readonly (readonly [log: LanePosition['log'], lane: number, seq: number])[];

export function storedCut(cut: readonly LanePosition[]): StoredCut {
  return cut.map((place) => [place.log, place.lane, place.seq] as const);
}

export function cutPositions(cut: StoredCut): LanePosition[] {
  return cut.map(([log, lane, seq]) => ({ log, lane, seq }));
}

export interface LeafRow {
  generation: number;
  leaf_key: string;
  status: 'filling' | 'filled' | 'live';
  cut: StoredCut;
}

/** These leaves, held until the transaction ends: only one process at a time writes their history. Processors never lock them. */
export async function lockLeaves(sql: Sql, workspaceId: number, generations: readonly number[]): Promise<LeafRow[]> {
  const { rows } = await sql.query<LeafRow>({
    text: `select generation, leaf_key, status, cut from segment_leaf
           where workspace_id = $1 and generation = any($2::integer[]) order by generation for update`,
    values: [workspaceId, generations],
  });
  return rows;
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
    values: [workspaceId, leaves.keys, JSON.stringify(storedCut(leaves.cut))],
  });
}

/** From here on history is folded in; not again when it was already. */
export async function markFilled(sql: Sql, workspaceId: number, keys: readonly string[]): Promise<void> {
  await sql.query({
    text: `update segment_leaf set status = 'filled' where workspace_id = $1 and leaf_key = any($2::text[]) and status = 'filling'`,
    values: [workspaceId, keys],
  });
}

/** Every profile has folded their history in. */
export async function markFolded(sql: Sql, workspaceId: number, keys: readonly string[]): Promise<void> {
  await sql.query({
    text: `update segment_leaf set status = 'live' where workspace_id = $1 and leaf_key = any($2::text[]) and status = 'filled'`,
    values: [workspaceId, keys],
  });
}

export async function deleteLeaves(sql: Sql, workspaceId: number, generations: readonly number[]): Promise<void> {
  await sql.query({
    text: 'delete from segment_leaf where workspace_id = $1 and generation = any($2::integer[])',
    values: [workspaceId, generations],
  });
}

/** Identity nodes after one and up to another. */
export interface NodeRange {
  readonly after: number;
  readonly upTo: number;
}

/** Replaces what history counted of these leaves for the nodes of a range. */
export async function copyLeafStates(
  sql: Transaction,
  workspaceId: number,
  page: {
    generations: readonly number[];
    range: NodeRange;
    states: Iterable<{ generation: number; node: number; state: Json }>;
  },
): Promise<void> {
  await sql.query({
    text: `delete from leaf_state
           where workspace_id = $1 and generation = any($2::integer[]) and node > $3 and node <= $4`,
    values: [workspaceId, page.generations, page.range.after, page.range.upTo],
  });
  const rows = function* () {
    for (const { node, generation, state } of page.states) yield [workspaceId, node, generation, JSON.stringify(state)];
  };
  await sql.copyInto('leaf_state', ['workspace_id', 'node', 'generation', 'state'], rows());
}

/** What lies ready of these nodes, left where it is. By its primary key. */
export async function listLeafStates(
  sql: Sql,
  workspaceId: number,
  question: { generations: readonly number[]; nodes: readonly number[] },
): Promise<{ generation: number; node: number; state: Json }[]> {
  if (question.generations.length === 0) return [];
  const { rows } = await sql.query<{ generation: number; node: number; state: Json }>({
    name: 'leaf_state_list',
    text: `select generation, node, state from leaf_state
           where workspace_id = $1 and node = any($3::bigint[]) and generation = any($2::integer[])`,
    values: [workspaceId, arrayLiteral(question.generations), arrayLiteral(question.nodes)],
  });
  return rows;
}

/** Takes the history of these nodes out of the table: whoever gets it folds it in, in the same transaction. By its primary key. */
export async function takeLeafStates(
  sql: Sql,
  workspaceId: number,
  question: { generations: readonly number[]; nodes: readonly number[] },
): Promise<{ generation: number; node: number; state: Json }[]> {
  const { rows } = await sql.query<{ generation: number; node: number; state: Json }>({
    name: 'leaf_state_take',
    text: `delete from leaf_state
           where workspace_id = $1 and node = any($3::bigint[]) and generation = any($2::integer[])
           returning generation, node, state`,
    values: [workspaceId, arrayLiteral(question.generations), arrayLiteral(question.nodes)],
  });
  return rows;
}
