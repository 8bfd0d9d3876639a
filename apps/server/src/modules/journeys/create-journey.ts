import type { createJourneySchema, updateJourneySchema } from '@segue/contract';
import type { z } from 'zod';

import type { Ctx } from '../../platform/context.ts';
import { cutLanes, inTransaction } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { insertJourney, saveDraft, type JourneyRow } from './journey-store.ts';
import { lockExisting, requireJourney } from './require-journey.ts';

/** Keeps a graph as a draft: it starts nothing until it is published. */
export async function createJourney(ctx: Ctx, input: z.output<typeof createJourneySchema>): Promise<JourneyRow> {
  const now = ctx.clock.now();
  const id = newUuid(now);
  return inTransaction(ctx, async (ctx) => {
    await insertJourney(ctx.sql, ctx.workspaceId, { id, name: input.name, draft: input.graph, now });
    await recordAudit(ctx, { action: 'journey.created', subject: publicId('jrn', id) });
    return requireJourney(ctx, id);
  });
}

/** Changes name or draft; what is published stays as it is. */
export async function updateJourney(
  ctx: Ctx,
  id: string,
  change: z.output<typeof updateJourneySchema>,
): Promise<JourneyRow> {
  return inTransaction(ctx, async (ctx) => {
    // The name is told with every run, so processors must read it anew.
    if (change.name !== undefined) await cutLanes(ctx.sql);
    const journey = await lockExisting(ctx, id);
    await saveDraft(ctx.sql, ctx.workspaceId, {
      id,
      name: change.name ?? journey.name,
      draft: change.graph ?? journey.draft,
      now: ctx.clock.now(),
    });
    await recordAudit(ctx, {
      action: 'journey.updated',
      subject: publicId('jrn', id),
      detail: { changed: Object.keys(change) },
    });
    return requireJourney(ctx, id);
  });
}
