import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { findJourney, lockJourney, type JourneyRow } from './journey-store.ts';

/** The journey, or `not_found`. */
export async function requireJourney(ctx: Ctx, id: string): Promise<JourneyRow> {
  return existing(await findJourney(ctx.sql, ctx.workspaceId, id));
}

/** As `requireJourney`; nobody else changes it until the transaction ends. It must not be archived. */
export async function lockExisting(ctx: Ctx, id: string): Promise<JourneyRow> {
  const journey = existing(await lockJourney(ctx.sql, ctx.workspaceId, id));
  if (journey.state === 'archived')
    throw new AppError('conflict', 'This journey is archived; make a new one from its graph');
  return journey;
}

function existing(journey: JourneyRow | undefined): JourneyRow {
  if (journey === undefined) throw new AppError('not_found', 'There is no such journey');
  return journey;
}
