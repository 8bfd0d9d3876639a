import { z } from 'zod';
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, parseInput, type Routes } from '../../platform/http/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { listRecentEvents } from './feed.ts';
import { FeedStreams } from './feed-streams.ts';
import { listTimeline } from './history/timeline.ts';

const limit = z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT);
const timelineQuery = z.object({ limit, cursor: z.string().optional() });
const recentQuery = z.object({ limit });

/** What happened: one profile's timeline, and the newest events of all. */
export const eventRoutes: Routes = (app, deps) => {
  const streams = new FeedStreams();
  // An open stream never ends by itself: a server that waits for it would never stop.
  app.addHook('preClose', async () => streams.close());

  app.get<{ Params: { id: string } }>(
    '/api/v1/profiles/:id/timeline',
    { config: { scope: 'profiles:read' } },
    async (request) => {
      const ctx = deps.contextOf(request);
      const query = parseInput(timelineQuery, request.query);
      const profileId = await requireProfileId(ctx, request.params.id);
      return listTimeline(ctx, { profileId, limit: query.limit, cursor: query.cursor });
    },
  );

  app.get('/api/v1/events/recent', { config: { scope: 'events:read' } }, async (request) => {
    const { limit: count } = parseInput(recentQuery, request.query);
    return { items: await listRecentEvents(deps.contextOf(request), count), nextCursor: null };
  });

  /** Server-sent events: `event: events`, data a list of new feed items, oldest first, as they are committed. */
  app.get('/api/v1/stream', { config: { scope: 'events:read' } }, async (request, reply) => {
    const ctx = deps.contextOf(request);
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    streams.add(ctx, reply.raw);
  });
};
