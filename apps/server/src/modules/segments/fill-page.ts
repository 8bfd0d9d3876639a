import type { Services } from '../../platform/context.ts';
import type { Json } from '../../platform/json.ts';
import type { Sql, Transaction } from '../../platform/postgres/index.ts';
import { findNodeAhead, listOwnersIn } from '../profiles/index.ts';
import type { Filling } from './filling.ts';
import { saveFill } from './fill-store.ts';
import { historyLeafState } from './history/found-state.ts';
import { historyQuery } from './history/history-sql.ts';
import type { HistoryScope } from './history/scope.ts';
import { type LeafStates, mergeLeafStates } from './leaf-state.ts';
import { copyLeafStates, cutPositions, listLeaves, type LeafRow, lockLeaves, type NodeRange } from './leaf-store.ts';
import { saveEarlierWakes, type Wake } from './member-store.ts';
import { nextChangeByLeaves } from './next-change.ts';
import type { SegmentRow } from './segment-store.ts';

/** So many identity nodes at once: their states of every leaf are in memory together. */
const PAGE_NODES = 50_000;

/** No node comes after it. */
const NODE_MAX = Number.MAX_SAFE_INTEGER;

/**
 * The nodes after this one, as many as are counted at once; undefined: there are none. The last range has no end: nodes that
 * come later have no history, and however many keep coming they do not keep the back-fill from its end.
 */
export async function rangeAfter(sql: Sql, segment: SegmentRow, after = 0): Promise<NodeRange | undefined> {
  const ahead = await findNodeAhead(sql, segment.workspace_id, { after, steps: PAGE_NODES });
  return ahead && { after, upTo: ahead.isLast ? NODE_MAX : ahead.node };
}

/** So many nodes have room in the text of a query. */
const NAMED_NODES = 10_000;

/** A leaf of the rule under way, where its history is counted to, and whether it has yet to be laid ready. */
interface CountedLeaf {
  readonly key: string;
  readonly row: LeafRow;
  readonly scope: HistoryScope;
}

type StatesByNode = ReadonlyMap<number, LeafStates>;

/** What history knows of the nodes of a range. */
export interface CountedPage {
  readonly range: NodeRange;
  readonly leaves: readonly CountedLeaf[];
  readonly states: StatesByNode;
}

/** Counts what history knows of the nodes of a range, leaf by leaf. */
export async function countPage(services: Services, filling: Filling, range: NodeRange): Promise<CountedPage> {
  const leaves = await countedLeaves(services.postgres, filling);
  return { range, leaves, states: await countStates(services, filling, { leaves, only: { range } }) };
}

/**
 * Lays ready what was counted. Where history answered the whole rule it also sets the wakes of the profiles whose last node
 * lies in the range: nobody will look at them before.
 */
export async function savePage(
  services: Services,
  sql: Transaction,
  { filling, page }: { filling: Filling; page: CountedPage },
): Promise<boolean> {
  const { segment } = filling;
  const { workspace_id: workspaceId, fill } = segment;
  const { range, leaves, states } = page;
  if (fill.way === 'history' && segment.kind === 'segment') {
    const wakes = await findWakes(services, filling, { leaves, range, states });
    // In a transaction of its own: processors hold such rows before they come to their cursors. A wake too many is harmless.
    await saveEarlierWakes(services.postgres, workspaceId, wakes);
  }
  const generations = leaves.map(({ row }) => row.generation);
  // Once a leaf is marked as filled it may have been folded into profiles: from then on it must not be written again.
  const locked = await lockLeaves(sql, workspaceId, generations);
  const open = new Map(
    locked.filter((leaf) => leaf.status === 'filling').map((leaf) => [leaf.leaf_key, leaf.generation]),
  );
  await copyLeafStates(sql, workspaceId, { generations: [...open.values()], range, states: rowsOf(states, open) });
  return saveFill(sql, segment, { ...fill, nodeTo: range.upTo });
}

function* rowsOf(
  states: StatesByNode,
  open: ReadonlyMap<string, number>,
): Generator<{ generation: number; node: number; state: Json }> {
  for (const [node, byKey] of states) {
    for (const key in byKey) {
      const generation = open.get(key);
      if (generation !== undefined) yield { generation, node, state: byKey[key]! as Json };
    }
  }
}

/** Those that still have to be laid ready; where wakes are to be found all of them. */
async function countedLeaves(sql: Sql, { segment, compiled, cut }: Filling): Promise<CountedLeaf[]> {
  const { workspace_id: workspaceId, fill } = segment;
  const rows = (await listLeaves(sql, workspaceId)).filter((row) => compiled.leaves.has(row.leaf_key));
  return rows
    .filter((row) => (fill.way === 'history' && segment.kind === 'segment') || row.status === 'filling')
    .map((row) => ({
      key: row.leaf_key,
      row,
      // One that another segment counts already is counted up to where that one began.
      scope: { workspaceId, nowMs: fill.atMs!, cut: row.status === 'filling' ? cutPositions(row.cut) : cut },
    }));
}

async function countStates(
  { history }: Services,
  { compiled, segment }: Filling,
  { leaves, only }: { leaves: readonly CountedLeaf[]; only: Pick<HistoryScope, 'range' | 'nodes'> },
): Promise<StatesByNode> {
  const states = new Map<number, Record<string, LeafStates[string]>>();
  const ask = (counted: CountedLeaf | undefined) => {
    if (counted === undefined) return undefined;
    const rows = history.query(historyQuery(compiled.leaves.get(counted.key)!, { ...counted.scope, ...only }));
    // It is awaited in its turn, and heard of then.
    rows.catch(() => undefined);
    return rows;
  };
  // The engine answers the next leaves while the rows of one are read.
  const asked = [ask(leaves[0]), ask(leaves[1])];
  for (const [index, { key }] of leaves.entries()) {
    const rows = (await asked.shift()) ?? [];
    asked.push(ask(leaves[index + 2]));
    const leaf = compiled.leaves.get(key)!;
    for (const row of rows) {
      const { node, state } = historyLeafState(leaf, row, segment.fill.atMs!);
      if (state === undefined) continue;
      const known = states.get(node);
      if (known === undefined) states.set(node, { [key]: state });
      else known[key] = state;
    }
  }
  return states;
}

async function findWakes(
  services: Services,
  filling: Filling,
  { leaves, range, states }: { leaves: readonly CountedLeaf[]; range: NodeRange; states: StatesByNode },
): Promise<Wake[]> {
  const { workspace_id: workspaceId, fill } = filling.segment;
  const owners = await listOwnersIn(services.postgres, workspaceId, range);
  const outside = owners.flatMap(({ nodes }) => nodes.filter((node) => node <= range.after));
  const others = new Map<number, LeafStates>();
  for (let first = 0; first < outside.length; first += NAMED_NODES) {
    const only = { nodes: outside.slice(first, first + NAMED_NODES) };
    for (const [node, found] of await countStates(services, filling, { leaves, only })) others.set(node, found);
  }
  const nextChange = nextChangeByLeaves(filling.compiled);
  const wakes: Wake[] = [];
  for (const { profile_id: profileId, nodes } of owners) {
    const parts = nodes.map((node) => states.get(node) ?? others.get(node)).filter((part) => part !== undefined);
    if (parts.length === 0) continue;
    const atMs = nextChange(parts.length === 1 ? parts[0]! : mergeLeafStates(parts, fill.atMs!), fill.atMs!);
    if (atMs !== null) wakes.push({ profileId, atMs });
  }
  return wakes;
}
