import { request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { type Call, type Failed, failureOf, type OutboundRequest, requestOptions } from './post-to.ts';

/** A call whose answer is read while it comes. */
export interface OpenRequest extends Pick<OutboundRequest, 'url' | 'headers'> {
  /** Over everything, the body too. Real milliseconds. */
  readonly timeoutMs: number;
  /** So long nothing may come. */
  readonly idleMs: number;
}

export interface Opened {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Throws when it breaks off or is too slow. Whoever does not read it to its end destroys it. */
  readonly body: Readable;
}

class TooSlow extends Error {
  readonly code = 'ETIMEDOUT';
}

/** One GET over a connection of its own; answers when the head has come. */
export function openBody(call: Omit<Call, 'request'> & { readonly request: OpenRequest }): Promise<Opened | Failed> {
  return new Promise((resolve) => {
    const { request, url, startedAt } = call;
    const tookMs = () => Math.round(performance.now() - startedAt);
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const outgoing = send(url, requestOptions({ ...call, request: { ...request, responseBytesMax: 0 } }));
    let body: Readable | undefined;
    const giveUp = () => {
      (body ?? outgoing).destroy(new TooSlow('it takes too long'));
    };
    const timer = setTimeout(giveUp, Math.max(0, request.timeoutMs - tookMs()));
    outgoing.setTimeout(request.idleMs, giveUp);
    outgoing.on('close', () => clearTimeout(timer));
    // Stays on after the head: a socket that breaks later is told by the body.
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const isLate = error instanceof TooSlow;
      resolve(
        isLate
          ? { kind: 'failed', reason: 'timeout', detail: 'no answer in time', tookMs: tookMs() }
          : failureOf(error, tookMs()),
      );
    });
    outgoing.on('response', (response) => {
      body = response;
      response.on('close', () => {
        clearTimeout(timer);
        outgoing.destroy();
      });
      // A body that nobody reads any more may break off as well.
      response.on('error', () => undefined);
      resolve({ kind: 'answered', status: response.statusCode ?? 0, headers: response.headers, body: response });
    });
    outgoing.end();
  });
}
