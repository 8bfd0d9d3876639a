import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Ctx } from '../../platform/context.ts';
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, parseInput, type Routes } from '../../platform/http/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { type FeedItem, listRecentEvents } from './feed.ts';
import { listTimeline } from './history/timeline.ts';

const limit = z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT);
const timelineQuery = z.object({ limit, cursor: z.string().optional() });
const recentQuery = z.object({ limit });

/** A reader that fell this far behind is let go; it comes back and asks for the newest. */
const STREAM_BYTES_WAITING_MAX = 1_000_000;
const STREAM_EVERY_MS = 500;
const STREAM_ITEMS = 100;

/** What happened: one profile's timeline, and the newest events of all. */
export const eventRoutes: Routes = (app, deps) => {
  app.get<{ Params: { id: string } }>('/api/v1/profiles/:id/timeline', { config: { scope: 'profiles:read' } }, async (request) => {
    const ctx = deps.contextOf(request);
    const query = parseInput(timelineQuery, request.query);
    const profileId = await requireProfileId(ctx, request.params.id);
    return listTimeline(ctx, { profileId, limit: query.limit, cursor: query.cursor });
  });

  app.get('/api/v1/events/recent', { config: { scope: 'events:read' } }, async (request) => {
    const { limit: count } = parseInput(recentQuery, request.query);
    return { items: await listRecentEvents(deps.contextOf(request), count), nextCursor: null };
  });

  /** Server-sent events: `event: events`, data a list of new feed items, oldest first, as they are committed. */
  app.get('/api/v1/stream', { config: { scope: 'events:read' } }, async (request, reply) => {
    const ctx = deps.contextOf(request);
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    await streamFeed(ctx, reply);
  });
};

async function streamFeed(ctx: Ctx, reply: FastifyReply): Promise<void> {
  let known = new Set<string>();
  let busy = false;
  const push = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      const items = await listRecentEvents(ctx, STREAM_ITEMS);
      const fresh: FeedItem[] = items.filter((item) => !known.has(item.id)).reverse();
      known = new Set(items.map((item) => item.id));
      if (fresh.length > 0) reply.raw.write(`event: events\ndata: ${JSON.stringify(fresh)}\n\n`);
      else reply.raw.write(': still here\n\n');
      if (reply.raw.writableLength > STREAM_BYTES_WAITING_MAX) reply.raw.destroy();
    } catch (error) {
      ctx.logger.warn({ error }, 'the feed could not be read');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void push(), STREAM_EVERY_MS);
  reply.raw.on('close', () => clearInterval(timer));
  await push();
}
