import { api } from '@segue/contract';
import type { Services } from '../../platform/context.ts';
import type { Routes } from '../../platform/http/index.ts';
import { availabilityRoutes } from './availability/availability-routes.ts';
import { incomingRoutes } from './incoming/incoming-routes.ts';
import { levelRoutes } from './levels/level-routes.ts';
import { locationRoutes } from './locations/location-routes.ts';
import { lastStockSeq } from './news/news-store.ts';
import { StockStreams } from './news/stock-streams.ts';
import { ReservationDesk } from './reservations/reservation-desk.ts';
import { createReservationRoutes } from './reservations/reservation-routes.ts';
import { transferRoutes } from './transfers/transfer-routes.ts';

/** Locations, levels, reservations, what is coming, and the news of all of it. */
export function createInventoryRoutes(services: Pick<Services, 'postgres' | 'clock'>): Routes {
  const reservations = createReservationRoutes(new ReservationDesk(services));
  return (serve, app) => {
    const all = [locationRoutes, levelRoutes, reservations, availabilityRoutes, incomingRoutes, transferRoutes];
    for (const routes of all) routes(serve, app);

    const streams = new StockStreams();
    // An open stream never ends by itself: a server that waits for it would never stop.
    app.addHook('preClose', async () => streams.close());

    serve(api.streamStock, async ({ ctx, query, request, reply }) => {
      const resumed = Number(request.headers['last-event-id']);
      const given = query.after ?? (Number.isSafeInteger(resumed) && resumed > 0 ? resumed : undefined);
      const afterSeq = given ?? (await lastStockSeq(ctx.sql, ctx.workspaceId));
      reply.hijack();
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        // A connection kept open after the stream would keep a server from stopping.
        connection: 'close',
      });
      streams.add(ctx, { stream: reply.raw, afterSeq });
    });
  };
}
