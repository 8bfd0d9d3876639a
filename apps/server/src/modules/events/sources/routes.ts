import { api } from '@segue/contract';
import type { Routes } from '../../../platform/http/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { Committer } from '../intake/committer.ts';
import {
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  replayDeadLetter,
  replayMatching,
} from './dead-letter-verbs.ts';
import { LiveStreams } from './live-streams.ts';
import { HealthReader, listTouchpoints } from './read-health.ts';
import { acknowledgeDrift, countSourceEvents, getObservedSchema, listDrifts, listObserved } from './read-observed.ts';
import { countRejected, getRejection, listRejections } from './read-rejections.ts';
import { readSourceDirectory } from './source-directory.ts';
import { getTestEvent, TestEventSender } from './test-event.ts';

/** How sources are: what was refused, what failed, what they send, and what comes in right now. */
export function createSourceRoutes(committer: Committer): Routes {
  return (serve, app) => {
    const health = new HealthReader();
    const streams = new LiveStreams();
    const tests = new TestEventSender(committer);
    // An open stream never ends by itself: a server that waits for it would never stop.
    app.addHook('preClose', async () => streams.close());

    serve(api.getSourceHealth, ({ ctx, params }) => health.read(ctx, params.id));
    serve(api.listTouchpoints, async ({ ctx }) => ({ items: await listTouchpoints(ctx), nextCursor: null }));

    serve(api.listRejectedEvents, ({ ctx, query }) => listRejections(ctx, query));
    serve(api.countRejectedEvents, ({ ctx, query }) => countRejected(ctx, query));
    serve(api.getRejectedEvent, ({ ctx, params }) => getRejection(ctx, params.id));

    serve(api.listDeadLetters, ({ ctx, query }) => listDeadLetters(ctx, query));
    serve(api.getDeadLetter, ({ ctx, params }) => getDeadLetter(ctx, params.id));
    serve(api.replayDeadLetter, ({ ctx, params }) => replayDeadLetter(ctx, params.id));
    serve(api.replayDeadLetters, ({ ctx, body }) => replayMatching(ctx, body));
    serve(api.discardDeadLetter, ({ ctx, params }) => discardDeadLetter(ctx, params.id));

    serve(api.listObservedEvents, ({ ctx, params, query }) => listObserved(ctx, params.id, query));
    serve(api.getObservedSchema, ({ ctx, params, query }) => getObservedSchema(ctx, params.id, query));
    serve(api.countSourceEvents, ({ ctx, params, query }) => countSourceEvents(ctx, params.id, query));
    serve(api.listDrifts, ({ ctx, query }) => listDrifts(ctx, query));
    serve(api.acknowledgeDrift, ({ ctx, params }) => acknowledgeDrift(ctx, params.id));

    serve(api.sendTestEvent, ({ ctx, params, body }) =>
      tests.send(ctx, { sourceId: params.id, item: body as JsonObject }),
    );
    serve(api.getTestEvent, ({ ctx, params }) => getTestEvent(ctx, params.id));

    serve(api.streamLiveEvents, async ({ ctx, query, reply }) => {
      const { sourceId, ...filter } = query;
      // Read before the head is sent: a source that is not there is still a proper answer.
      const source = (await readSourceDirectory(ctx)).numberOf(sourceId);
      reply.hijack();
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        // A connection kept open after the stream would keep a server from stopping.
        connection: 'close',
      });
      await streams.add(ctx, reply.raw, { ...filter, source });
    });
  };
}
