import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Ctx } from '../context.ts';
import { routeOf } from './observe-requests.ts';

/** A reader that takes nothing for so long is let go: it holds a connection and keeps a server from stopping. */
const STALLED_MS_MAX = 60_000;

/** An answer of the contract that leaves piece by piece and is never in memory whole. */
export class StreamedAnswer<A> {
  /** For the compiler alone: what a caller has read in the end. */
  declare readonly answer: A;
  readonly text: AsyncIterable<string | Uint8Array>;
  /** What it is, when it is no JSON, and what it is to be called where it is saved. */
  readonly file: { readonly type: string; readonly name: string } | undefined;

  constructor(text: AsyncIterable<string | Uint8Array>, file?: { readonly type: string; readonly name: string }) {
    this.text = text;
    this.file = file;
  }
}

/** `{ ...head, [field]: [...] }` with every item of every batch; a batch is read when the one before was taken. */
export function streamList<Head extends object, Field extends string, Item>(
  head: Head,
  field: Field,
  batches: AsyncIterable<readonly Item[]>,
): StreamedAnswer<Head & Record<Field, Item[]>> {
  return new StreamedAnswer(writeList(head, field, batches));
}

async function* writeList(head: object, field: string, batches: AsyncIterable<readonly unknown[]>) {
  yield JSON.stringify({ ...head, [field]: [] }).slice(0, -2);
  let between = '';
  for await (const items of batches) {
    if (items.length === 0) continue;
    yield between + JSON.stringify(items).slice(1, -1);
    between = ',';
  }
  yield ']}';
}

/**
 * Sends as fast as it is read. A fault in the middle breaks the connection, so that half an answer is no JSON; a reader that
 * goes away closes what it was read from.
 */
export function sendStreamed(
  ctx: Ctx,
  sent: { request: FastifyRequest; reply: FastifyReply; status: number; answer: StreamedAnswer<unknown> },
): FastifyReply {
  const { request, reply, status, answer } = sent;
  const { method, id: requestId } = request;
  const body = Readable.from(method === 'HEAD' ? [] : answer.text, { objectMode: false });
  body.once('error', (error) => {
    ctx.logger.error({ error, requestId, method, route: routeOf(request) }, 'an answer broke off in the middle');
  });
  reply.raw.setTimeout(STALLED_MS_MAX, () => void reply.raw.destroy());
  if (answer.file !== undefined) reply.header('content-disposition', `attachment; filename="${answer.file.name}"`);
  const type = answer.file?.type ?? 'application/json; charset=utf-8';
  return reply.code(status).header('cache-control', 'no-store').type(type).send(body);
}
