import { setTimeout as pause } from 'node:timers/promises';
import type { LoggedEvent } from '../../../platform/eventlog/index.ts';
import { AppError } from '../../../platform/errors.ts';
import { loggedEvents } from './logged-events.ts';
import { type Engines, openWorld, type World } from './world.ts';

/** How a request for events is answered instead: refused before it is read, or called a failure after it was taken. */
export type Trouble = { readonly kind: 'refused' | 'lost'; readonly status: 429 | 503 };

/** A listening server whose troubles a test decides, for clients that do not know they are in a test. */
export interface ClientServer {
  readonly world: World;
  readonly url: string;
  /** What the next requests meet, first come first served; then all goes well. */
  troubles: Trouble[];
  /** When each request for events came, and how it was answered. */
  readonly answers: { atMs: number; path: string; status: number; bytes: number }[];
  /** The events of these names, once there are so many; a little later still, so that a doubled one would be seen. */
  eventsNamed(names: readonly string[]): Promise<LoggedEvent[]>;
  /** Resolves once so many requests for events were answered so. */
  answered(status: number, count: number): Promise<void>;
}

const DEADLINE_MS = 45_000;

export async function openClientServer(engines: Engines): Promise<ClientServer> {
  const world = await openWorld(engines, { clock: { now: () => Date.now(), realDelayMs: (ms) => ms } });
  const server: ClientServer = {
    world,
    url: '',
    troubles: [],
    answers: [],
    async eventsNamed(names) {
      const until = performance.now() + DEADLINE_MS;
      for (;;) {
        const found = (await loggedEvents(world)).filter(({ name }) => names.includes(name));
        if (found.length >= names.length || performance.now() > until) break;
        await pause(50);
      }
      await world.settle();
      return (await loggedEvents(world)).filter(({ name }) => names.includes(name));
    },
    async answered(status, count) {
      const until = performance.now() + DEADLINE_MS;
      while (answeredWith(status) < count) {
        if (performance.now() > until)
          throw new Error(`not ${count} times ${status}: ${JSON.stringify(server.answers)}`);
        await pause(50);
      }
    },
  };
  const answeredWith = (status: number) => server.answers.filter((answer) => answer.status === status).length;
  const isForEvents = (request: { method: string; url: string }) =>
    request.method === 'POST' && !request.url.endsWith('/m');
  const met = new WeakMap<object, Trouble>();
  world.http.addHook('preHandler', async (request) => {
    const trouble = isForEvents(request) ? server.troubles.shift() : undefined;
    if (trouble === undefined) return;
    met.set(request, trouble);
    if (trouble.kind === 'refused') {
      const code = trouble.status === 429 ? 'rate_limited' : 'unavailable';
      throw new AppError(code, 'come back', { retryAfterSeconds: 1 });
    }
  });
  world.http.addHook('onSend', async (request, reply, payload) => {
    const trouble = met.get(request);
    if (trouble?.kind === 'lost') reply.code(trouble.status).header('retry-after', '1');
    if (isForEvents(request))
      server.answers.push({
        atMs: performance.now(),
        path: request.url,
        status: reply.statusCode,
        bytes: Number(request.headers['content-length']),
      });
    return payload;
  });
  const url = await world.http.listen({ port: 0, host: '127.0.0.1' });
  world.work();
  return Object.assign(server, { url });
}
