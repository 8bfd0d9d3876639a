import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from '../../platform/context.ts';
import type { Routes } from '../../platform/http/index.ts';
import { classifyVisit, type Verdict } from './classify-visit.ts';
import { recordVisit, type SeenVisit } from './record-visit.ts';
import { readTrackingToken, type TrackedMessage, toWebUrl } from './tracking-link.ts';
import { verifyLinkDomain } from './verify-link-domain.ts';

/** So long a customer waits for the record of her click; then she goes on and the record follows. */
const EMIT_WAIT_MS = 300;
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
const PURPOSE_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];

/**
 * The public addresses in messages. `GET /t/c/<token>` goes on to the address signed into the token and to no other;
 * `GET /t/o/<token>.gif` is the open pixel. Each becomes an event, a person's or a machine's; neither depends on it.
 * `GET /t/v/<token>` proves, under the name of a link domain, that the name leads here.
 */
export function createTrackingRoutes(services: Services): Routes {
  return (_serve, app) => {
    app.get('/t/c/*', async (request, reply) => {
      const read = await readTrackingToken(services, { purpose: 'click', token: tokenOf(request) });
      const url = read === undefined ? undefined : toWebUrl(read.url);
      if (read === undefined || url === undefined)
        return reply.code(404).type('text/plain').send('This link does not work.');
      const verdict = judge(services, request, { kind: 'click', message: read.message });
      await record(services, { kind: 'click', message: read.message, url, verdict });
      return quiet(reply).redirect(url, 302);
    });
    app.get('/t/o/*', async (request, reply) => {
      const token = tokenOf(request).replace(/\.gif$/, '');
      const read = await readTrackingToken(services, { purpose: 'open', token });
      if (read === undefined) return reply.code(404).type('text/plain').send('This image does not exist.');
      const verdict = judge(services, request, { kind: 'open', message: read.message });
      await record(services, { kind: 'open', message: read.message, url: undefined, verdict });
      return quiet(reply).type('image/gif').send(PIXEL);
    });
    app.get('/t/v/*', async (request, reply) => {
      const isProof = await verifyLinkDomain(services, { token: tokenOf(request), host: request.host });
      quiet(reply).type('text/plain');
      return isProof
        ? reply.send('This domain is verified: links use it from now on.')
        : reply.code(404).send('This request proves nothing. Open it under the link domain itself.');
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

function judge(
  services: Services,
  request: FastifyRequest,
  { kind, message }: { kind: 'open' | 'click'; message: TrackedMessage },
): Verdict {
  const { madeAt } = message;
  return classifyVisit({
    kind,
    method: request.method,
    userAgent: request.headers['user-agent'],
    purposes: PURPOSE_HEADERS.flatMap((name) => request.headers[name] ?? []),
    sinceMadeMs: madeAt === undefined || message.isWebView === true ? undefined : services.clock.now() - madeAt,
  });
}

async function record(services: Services, seen: SeenVisit): Promise<void> {
  const recorded = recordVisit(services, seen).catch((error: unknown) => {
    services.logger.error({ error, visit: seen.kind }, 'a click or open could not be recorded');
  });
  const stop = new AbortController();
  await Promise.race([recorded, pause(EMIT_WAIT_MS, undefined, { signal: stop.signal }).catch(() => undefined)]);
  stop.abort();
}
