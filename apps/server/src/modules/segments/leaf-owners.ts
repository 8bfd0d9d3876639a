import type { Sql } from '../../platform/postgres/index.ts';
import { deleteLeaves, listLeaves } from './leaf-store.ts';
import { compileIn } from './rule-world.ts';
import { listActiveSegments } from './segment-store.ts';

/** Keys of the leaves that segments, computed traits and the lifecycle need. */
async function neededLeaves(sql: Sql, workspaceId: number): Promise<readonly string[]> {
  return (await listActiveSegments(sql, workspaceId)).flatMap((segment) => {
    const { rule, world, next_rule: next, next_world: nextWorld } = segment;
    const keys = [...compileIn(rule, world).leaves.keys()];
    return next === null ? keys : [...keys, ...compileIn(next, nextWorld ?? {}).leaves.keys()];
  });
}

/** Forgets leaves that nobody needs any more, under a cut; answers their generations, whose states are to be forgotten after it. */
export async function dropUnneededLeaves(sql: Sql, workspaceId: number): Promise<readonly number[]> {
  const needed = new Set(await neededLeaves(sql, workspaceId));
  const unneeded = (await listLeaves(sql, workspaceId)).filter((leaf) => !needed.has(leaf.leaf_key));
  const generations = unneeded.map((leaf) => leaf.generation);
  await deleteLeaves(sql, workspaceId, generations);
  return generations;
}
