import { api } from '@segue/contract';

import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { changeJourneyState } from './change-journey-state.ts';
import { createJourney, updateJourney } from './create-journey.ts';
import { listJourneys } from './journey-store.ts';
import { publishJourney } from './publish-journey.ts';
import { countJourney, findRunMessages, presentJourney, presentRun, presentWithCounts } from './read-journey.ts';
import { requireJourney } from './require-journey.ts';
import { pageRuns } from './run-store.ts';

/** Journeys: draft, publish, pause; their counts; runs by journey and by profile. */
export const journeyRoutes: Routes = (serve) => {
  serve(api.createJourney, async ({ ctx, body }) => {
    const journey = await createJourney(ctx, body);
    return presentWithCounts(ctx, journey, await countJourney(ctx, journey.id));
  });

  serve(api.listJourneys, async ({ ctx, query: { limit, cursor } }) => {
    const rows = await listJourneys(ctx.sql, ctx.workspaceId, { limit: limit + 1, beforeId: cursorId(cursor) });
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: presentJourney });
  });

  serve(api.getJourney, async ({ ctx, params }) => {
    const journey = await requireJourney(ctx, requirePublicId('jrn', params.id));
    return presentWithCounts(ctx, journey, await countJourney(ctx, journey.id));
  });

  // Changes stop the lanes until the commit: what takes long, counting, comes before.
  serve(api.updateJourney, async ({ ctx, params, body }) => {
    const id = requirePublicId('jrn', params.id);
    const counted = await countJourney(ctx, id);
    return presentWithCounts(ctx, await updateJourney(ctx, id, body), counted);
  });

  serve(api.publishJourney, async ({ ctx, params }) => {
    const id = requirePublicId('jrn', params.id);
    const counted = await countJourney(ctx, id);
    return presentWithCounts(ctx, await publishJourney(ctx, id), counted);
  });

  for (const [endpoint, command] of [
    [api.pauseJourney, 'pause'],
    [api.resumeJourney, 'resume'],
    [api.archiveJourney, 'archive'],
  ] as const) {
    serve(endpoint, async ({ ctx, params }) => {
      const id = requirePublicId('jrn', params.id);
      const counted = await countJourney(ctx, id);
      return presentWithCounts(ctx, await changeJourneyState(ctx, id, command), counted);
    });
  }

  serve(api.listJourneyRuns, async ({ ctx, params, query: { limit, cursor, state } }) => {
    const { id: journeyId } = await requireJourney(ctx, requirePublicId('jrn', params.id));
    const asked = { journeyId, profileId: undefined, state, limit: limit + 1, beforeId: cursorId(cursor) };
    const rows = await pageRuns(ctx.sql, ctx.workspaceId, asked);
    const messages = await findRunMessages(ctx, rows);
    return toPage(rows, { limit, keyOf: (run) => [run.id], present: (run) => presentRun(run, messages) });
  });

  serve(api.listProfileRuns, async ({ ctx, params, query: { limit, cursor, state } }) => {
    const profileId = await requireProfileId(ctx, params.id);
    const asked = { journeyId: undefined, profileId, state, limit: limit + 1, beforeId: cursorId(cursor) };
    const rows = await pageRuns(ctx.sql, ctx.workspaceId, asked);
    const messages = await findRunMessages(ctx, rows);
    return toPage(rows, { limit, keyOf: (run) => [run.id], present: (run) => presentRun(run, messages) });
  });
};

function cursorId(cursor: string | undefined): string | undefined {
  const key = decodeCursor(cursor, ['uuid'])?.[0];
  return key === undefined ? undefined : String(key);
}
