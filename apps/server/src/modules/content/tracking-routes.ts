import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createContext, type Services } from '../../platform/context.ts';
import { inTransaction } from '../../platform/eventlog/index.ts';
import type { Routes } from '../../platform/http/index.ts';
import { readTrackingToken, type TrackedMessage, toWebUrl } from './tracking-link.ts';

/** So long a customer waits for the record of her click; then she goes on and the record follows. */
const EMIT_WAIT_MS = 300;
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/**
 * The public addresses in messages. `GET /t/c/<token>` goes on to the address signed into the token and to no other;
 * `GET /t/o/<token>.gif` is the open pixel. Each becomes an event; a HEAD becomes none. Neither depends on that event.
 */
export function createTrackingRoutes(services: Services): Routes {
  return (app) => {
    app.get('/t/c/*', async (request, reply) => {
      const read = await readTrackingToken(services, { purpose: 'click', token: tokenOf(request) });
      const url = read === undefined ? undefined : toWebUrl(read.url);
      if (read === undefined || url === undefined)
        return reply.code(404).type('text/plain').send('This link does not work.');
      await record(services, request, { message: read.message, name: 'Email Link Clicked', url });
      return quiet(reply).redirect(url, 302);
    });
    app.get('/t/o/*', async (request, reply) => {
      const read = await readTrackingToken(services, {
        purpose: 'open',
        token: tokenOf(request).replace(/\.gif$/, ''),
      });
      if (read === undefined) return reply.code(404).type('text/plain').send('This image does not exist.');
      await record(services, request, { message: read.message, name: 'Email Opened' });
      return quiet(reply).type('image/gif').send(PIXEL);
    });
  };
}

function tokenOf(request: FastifyRequest): string {
  return (request.params as { '*': string })['*'];
}

function quiet(reply: FastifyReply): FastifyReply {
  return reply
    .header('cache-control', 'no-store, private')
    .header('referrer-policy', 'no-referrer')
    .header('x-robots-tag', 'noindex');
}

interface Seen {
  readonly message: TrackedMessage;
  readonly name: 'Email Link Clicked' | 'Email Opened';
  readonly url?: string;
}

async function record(services: Services, request: FastifyRequest, seen: Seen): Promise<void> {
  if (request.method === 'HEAD') return;
  const emitted = emit(services, seen).catch((error: unknown) => {
    services.logger.error({ error, event: seen.name }, 'a click or open could not be recorded');
  });
  const stop = new AbortController();
  await Promise.race([emitted, pause(EMIT_WAIT_MS, undefined, { signal: stop.signal }).catch(() => undefined)]);
  stop.abort();
}

async function emit(services: Services, { message, name, url }: Seen): Promise<void> {
  const ctx = createContext(services, message.workspaceId, { kind: 'system', name: 'tracking' });
  await inTransaction(ctx, async (ctx) => {
    ctx.emit({
      subjectId: message.profileId,
      node: message.node,
      name,
      occurredAt: ctx.clock.now(),
      properties: {
        message_id: message.messageId,
        ...(url !== undefined && { url: withoutQuery(url) }),
        ...(message.journeyId !== undefined && { journey_id: message.journeyId }),
        ...(message.runId !== undefined && { run_id: message.runId }),
      },
    });
  });
}

/** Queries of shops carry carts, discount codes and addresses; an event is not the place for them. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
