import { createJourneySchema, RUN_STATES, updateJourneySchema } from '@segue/contract';
import { z } from 'zod';

import type { Ctx } from '../../platform/context.ts';
import {
  decodeCursor,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  parseInput,
  type Routes,
  toPage,
} from '../../platform/http/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { changeJourneyState } from './change-journey-state.ts';
import { createJourney, updateJourney } from './create-journey.ts';
import { listJourneys } from './journey-store.ts';
import { publishJourney } from './publish-journey.ts';
import { presentJourney, presentRun, presentWithCounts } from './read-journey.ts';
import { requireJourney } from './require-journey.ts';
import { pageRuns } from './run-store.ts';

const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
  cursor: z.string().optional(),
});
const runsQuery = pageQuery.extend({ state: z.enum(RUN_STATES).optional() });
const READ = { config: { scope: 'journeys:read' } } as const;
const WRITE = { config: { scope: 'journeys:write' } } as const;
type WithId = { Params: { id: string } };

/** Journeys: draft, publish, pause; their counts; runs by journey and by profile. */
export const journeyRoutes: Routes = (app, deps) => {
  app.post('/api/v1/journeys', WRITE, async (request, reply) => {
    const ctx = deps.contextOf(request);
    const journey = await createJourney(ctx, parseInput(createJourneySchema, request.body));
    return reply.code(201).send(await presentWithCounts(ctx, journey));
  });

  app.get('/api/v1/journeys', READ, async (request) => {
    const ctx = deps.contextOf(request);
    const { limit, cursor } = parseInput(pageQuery, request.query);
    const rows = await listJourneys(ctx.sql, ctx.workspaceId, { limit: limit + 1, beforeId: cursorId(cursor) });
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: presentJourney });
  });

  app.get<WithId>('/api/v1/journeys/:id', READ, async (request) => {
    const ctx = deps.contextOf(request);
    return presentWithCounts(ctx, await requireJourney(ctx, requirePublicId('jrn', request.params.id)));
  });

  app.patch<WithId>('/api/v1/journeys/:id', WRITE, async (request) => {
    const ctx = deps.contextOf(request);
    const change = parseInput(updateJourneySchema, request.body);
    return presentWithCounts(ctx, await updateJourney(ctx, requirePublicId('jrn', request.params.id), change));
  });

  app.post<WithId>('/api/v1/journeys/:id/publish', WRITE, async (request) => {
    const ctx = deps.contextOf(request);
    return presentWithCounts(ctx, await publishJourney(ctx, requirePublicId('jrn', request.params.id)));
  });

  for (const command of ['pause', 'resume', 'archive'] as const) {
    app.post<WithId>(`/api/v1/journeys/:id/${command}`, WRITE, async (request) => {
      const ctx = deps.contextOf(request);
      return presentWithCounts(ctx, await changeJourneyState(ctx, requirePublicId('jrn', request.params.id), command));
    });
  }

  app.get<WithId>('/api/v1/journeys/:id/runs', READ, async (request) => {
    const ctx = deps.contextOf(request);
    const journey = await requireJourney(ctx, requirePublicId('jrn', request.params.id));
    return listRunsPage(ctx, request.query, { journeyId: journey.id, profileId: undefined });
  });

  app.get<WithId>('/api/v1/profiles/:id/runs', READ, async (request) => {
    const ctx = deps.contextOf(request);
    return listRunsPage(ctx, request.query, {
      journeyId: undefined,
      profileId: await requireProfileId(ctx, request.params.id),
    });
  });
};

async function listRunsPage(
  ctx: Ctx,
  input: unknown,
  of: { journeyId: string | undefined; profileId: string | undefined },
) {
  const { limit, cursor, state } = parseInput(runsQuery, input);
  const rows = await pageRuns(ctx.sql, ctx.workspaceId, { ...of, state, limit: limit + 1, beforeId: cursorId(cursor) });
  return toPage(rows, { limit, keyOf: (run) => [run.id], present: presentRun });
}

function cursorId(cursor: string | undefined): string | undefined {
  const key = decodeCursor(cursor, ['uuid'])?.[0];
  return key === undefined ? undefined : String(key);
}
