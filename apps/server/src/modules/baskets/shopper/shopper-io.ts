import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { inTransaction, type TxCtx } from '../../../platform/eventlog/index.ts';
import { parseInput } from '../../../platform/http/index.ts';
import { retryLostRace } from '../../../platform/jobs/index.ts';
import { originHeaders } from './shopper-access.ts';

/** Answers that any origin may read and nobody keeps. */
export function openToPages(app: FastifyInstance): void {
  app.addHook(
    'onRequest',
    async (request, reply) => void reply.headers({ ...originHeaders(request.headers), 'cache-control': 'no-store' }),
  );
  // Browsers send text/plain to avoid a preflight.
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'ignore'));
}

/** An answer that goes on until its reader leaves. */
export function beginStream(request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...originHeaders(request.headers),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    // A connection kept open after the stream would keep a server from stopping.
    connection: 'close',
  });
}

/** A change that lost a race was rolled back whole: it is done again, so that no device need. */
export function change<T>(ctx: Ctx, work: (ctx: TxCtx) => Promise<T>): Promise<T> {
  return retryLostRace(() => inTransaction(ctx, work));
}

/** Whether it can be a token. */
export function isText(text: string): boolean {
  return text.length <= 200 && !NOT_TEXT.test(text);
}

const NOT_TEXT = /[\0\p{Surrogate}]/u;

/** As `parseInput`; no engine stores what is not text. */
export function parseText<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = parseInput(schema, body);
  if (!holdsNotText(parsed)) return parsed;
  throw new AppError('invalid', 'The request does not fit', {
    details: [{ field: '', message: 'holds a character that is not text; remove it' }],
  });
}

function holdsNotText(value: unknown): boolean {
  if (typeof value === 'string') return NOT_TEXT.test(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsNotText);
}
