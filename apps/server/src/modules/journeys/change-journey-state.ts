import type { JourneyState } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { cutLanes, inTransaction } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { lockJourney, saveState, type JourneyRow } from './journey-store.ts';
import { requireJourney } from './require-journey.ts';

export type JourneyCommand = 'pause' | 'resume' | 'archive';

const PAST: Record<JourneyCommand, string> = { pause: 'paused', resume: 'resumed', archive: 'archived' };

const NEXT: Record<JourneyState, Record<JourneyCommand, JourneyState | null>> = {
  draft: { pause: null, resume: null, archive: 'archived' },
  published: { pause: 'paused', resume: 'published', archive: 'archived' },
  paused: { pause: 'paused', resume: 'published', archive: 'archived' },
  archived: { pause: null, resume: null, archive: 'archived' },
};

/**
 * `pause`: nobody enters and nothing is sent, while goals and exits still stop runs; `resume` goes on where it stood.
 * `archive`: ends every run, for good.
 */
export async function changeJourneyState(ctx: Ctx, id: string, command: JourneyCommand): Promise<JourneyRow> {
  return inTransaction(ctx, async (ctx) => {
    await cutLanes(ctx.sql);
    const journey = await lockJourney(ctx.sql, ctx.workspaceId, id);
    if (journey === undefined) throw new AppError('not_found', 'There is no such journey');
    const state = NEXT[journey.state][command];
    if (state === null) throw new AppError('conflict', `A journey that is ${journey.state} cannot ${command}`);
    await saveState(ctx.sql, ctx.workspaceId, { id, state, version: journey.version, now: ctx.clock.now() });
    await recordAudit(ctx, { action: `journey.${PAST[command]}`, subject: publicId('jrn', id) });
    return requireJourney(ctx, id);
  });
}
