import { LIFECYCLE_STAGES, type LifecycleSettings } from '@segue/contract';

import type { Ctx } from '../../../platform/context.ts';
import { cutLanes, inTransaction } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { refuseFaults } from '../check-rule.ts';
import { insertOwner } from '../insert-owner.ts';
import { loadWorld } from '../load-world.ts';
import { findLifecycleFaults } from '../rule-faults.ts';
import { listActiveSegments } from '../segment-store.ts';
import { reviseSegments } from '../update-segment.ts';
import { LIFECYCLE_DEFAULTS } from './lifecycle-defaults.ts';
import { readLifecycleSettings, saveLifecycleSettings } from './lifecycle-store.ts';

/** How stages are told: as it was said, else by the defaults. */
export async function readLifecycle({
  sql,
  workspaceId,
}: Pick<Ctx, 'sql' | 'workspaceId'>): Promise<LifecycleSettings> {
  return (await readLifecycleSettings(sql, workspaceId)) ?? LIFECYCLE_DEFAULTS;
}

/**
 * Says how stages are told. The first time switches them on: from then on profiles have the trait `lifecycle_stage`, and
 * whoever enters another stage is told of. Its leaf is filled and followed like a segment's, so that history, late events,
 * merges and the passing of time need no other machinery. Of stages that new settings find nobody is told.
 */
export async function updateLifecycle(ctx: Ctx, settings: LifecycleSettings): Promise<LifecycleSettings> {
  refuseFaults(findLifecycleFaults(settings));
  return inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    const cut = await cutLanes(sql);
    await saveLifecycleSettings(sql, workspaceId, { settings, at: new Date(ctx.clock.now()) });
    await reviseSegments(ctx);
    const active = await listActiveSegments(sql, workspaceId);
    if (!active.some(({ kind }) => kind === 'lifecycle')) {
      const whole = await loadWorld(sql, workspaceId, active);
      const rule = { lifecycle: [...LIFECYCLE_STAGES] };
      await insertOwner(ctx, { id: newUuid(ctx.clock.now()), kind: 'lifecycle', name: 'lifecycle', rule, whole, cut });
    }
    await recordAudit(ctx, { action: 'lifecycle.changed', subject: 'lifecycle' });
    return settings;
  });
}
