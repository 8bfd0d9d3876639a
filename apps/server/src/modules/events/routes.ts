import { api } from '@segue/contract';
import type { Routes } from '../../platform/http/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { listRecentEvents } from './feed.ts';
import { FeedStreams } from './feed-streams.ts';
import { listTimeline } from './history/timeline.ts';

/** What happened: one profile's timeline, and the newest events of all. */
export const eventRoutes: Routes = (serve, app) => {
  const streams = new FeedStreams();
  // An open stream never ends by itself: a server that waits for it would never stop.
  app.addHook('preClose', async () => streams.close());

  serve(api.listProfileTimeline, async ({ ctx, params, query }) => {
    const profileId = await requireProfileId(ctx, params.id);
    return listTimeline(ctx, { profileId, limit: query.limit, cursor: query.cursor });
  });

  serve(api.listRecentEvents, async ({ ctx, query }) => ({
    items: await listRecentEvents(ctx, query.limit),
    nextCursor: null,
  }));

  serve(api.streamEvents, ({ ctx, reply }) => {
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      // A connection kept open after the stream would keep a server from stopping.
      connection: 'close',
    });
    streams.add(ctx, reply.raw);
  });
};
