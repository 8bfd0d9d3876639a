import { getWorkspaceRow } from '../accounts/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { listComputedTraits } from './computed/computed-trait-store.ts';
import { LIFECYCLE_DEFAULTS } from './lifecycle/lifecycle-defaults.ts';
import { readLifecycleSettings } from './lifecycle/lifecycle-store.ts';
import type { WholeWorld } from './rule-world.ts';
import type { SegmentRow } from './segment-store.ts';

/** What rules of a workspace are read with now; `segments`: the active ones, as they are named in it. */
export async function loadWorld(
  sql: Sql,
  workspaceId: number,
  segments: readonly Pick<SegmentRow, 'id' | 'rule' | 'next_rule'>[],
): Promise<WholeWorld> {
  const { time_zone: zone } = await getWorkspaceRow(sql, workspaceId);
  const rules = new Map(segments.map((segment) => [publicId('seg', segment.id), segment.next_rule ?? segment.rule]));
  const computed = new Map((await listComputedTraits(sql, workspaceId)).map((trait) => [trait.name, trait.rule]));
  const lifecycle = (await readLifecycleSettings(sql, workspaceId)) ?? LIFECYCLE_DEFAULTS;
  return {
    zone,
    segmentRule: (id) => rules.get(id),
    computedTrait: (name) => computed.get(name),
    lifecycle: () => lifecycle,
  };
}
