import type { SegmentRule } from '@segue/contract';

import type { LanePosition, TxCtx } from '../../platform/eventlog/index.ts';
import { registerLeaves } from './leaf-store.ts';
import { compileIn, type WholeWorld, worldOf } from './rule-world.ts';
import { insertSegment, type OwnerKind } from './segment-store.ts';

/** Puts a row where back-fills find it, under the cut, and has its leaves counted from there on; false when its name is taken. */
export async function insertOwner(
  { sql, workspaceId, clock }: TxCtx,
  owner: {
    id: string;
    kind: OwnerKind;
    name: string;
    rule: SegmentRule;
    whole: WholeWorld;
    cut: readonly LanePosition[];
  },
): Promise<boolean> {
  const { id, kind, name, rule, cut } = owner;
  const world = worldOf(rule, owner.whole);
  const createdAt = new Date(clock.now());
  if (!(await insertSegment(sql, { workspaceId, id, kind, name, rule, world, cut, createdAt }))) return false;
  await registerLeaves(sql, workspaceId, { keys: [...compileIn(rule, world).leaves.keys()], cut });
  return true;
}
