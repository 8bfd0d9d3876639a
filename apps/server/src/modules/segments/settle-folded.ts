import type { Sql } from '../../platform/postgres/index.ts';
import { compileRule } from './rule.ts';
import { listActiveSegments, listLeaves, setLeafStatus } from './segment-store.ts';

/** Leaves whose history every profile has folded in are live: no segment that is still being filled needs them. */
export async function settleFolded(sql: Sql, workspaceId: number): Promise<void> {
  const stillFilling = (await listActiveSegments(sql, workspaceId)).filter((segment) => segment.status !== 'live');
  const needed = new Set(stillFilling.flatMap((segment) => [...compileRule(segment.rule).leaves.keys()]));
  const folded = (await listLeaves(sql, workspaceId)).filter(
    (leaf) => leaf.status === 'filled' && !needed.has(leaf.leaf_key),
  );
  const generations = folded.map((leaf) => leaf.generation);
  await setLeafStatus(sql, workspaceId, { generations, status: 'live' });
}
