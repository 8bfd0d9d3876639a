import { type Endpoint, isChange } from '@segue/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ctx } from '../context.ts';
import { AppError } from '../errors.ts';
import { inTransaction } from '../eventlog/index.ts';
import { isLostRace } from '../postgres/index.ts';
import { type AnyGrouped, ChangeDesk } from './change-desk.ts';
import { type KeptAnswer, onceByKey, readIdempotencyKey } from './idempotency.ts';
import { parseInput } from './parse.ts';
import type { AnyCall, Serve } from './routes.ts';
import { sendStreamed, StreamedAnswer } from './streamed-answer.ts';

export interface ServeDeps {
  /** The context of an authenticated request. */
  contextOf(request: FastifyRequest): Ctx;
}

type AnyHandler = (call: AnyCall & { ctx: Ctx }) => unknown;

export function createServe(app: FastifyInstance, deps: ServeDeps): Serve {
  return (endpoint, handler) => {
    const given: Endpoint = endpoint;
    const desk =
      typeof handler === 'function' ? undefined : new ChangeDesk(given, handler as unknown as AnyGrouped, keep);
    const run = handler as unknown as AnyHandler;
    app.route({
      method: given.method,
      url: given.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      config: { endpoint: given },
      handler: async (request, reply) => {
        const ctx = deps.contextOf(request);
        const call = { ...parseCall(given, request), request, reply };
        if (desk !== undefined) return sendKept(reply, await desk.take(ctx, call));
        if (isChange(given)) return sendKept(reply, await change(ctx, { endpoint: given, call, run }));
        const answer = await run({ ...call, ctx });
        if (answer instanceof StreamedAnswer)
          return sendStreamed(ctx, { ...call, status: given.status ?? 200, answer });
        return given.stream === undefined ? sendKept(reply, keep(given, answer)) : undefined;
      },
    });
  };
}

function parseCall(endpoint: Endpoint, request: FastifyRequest) {
  const params = request.params as Record<string, string>;
  // No engine stores such text, so nothing is called so.
  if (Object.values(params).some((param) => NOT_TEXT.test(param))) {
    throw new AppError('not_found', `There is nothing at ${request.method} ${request.url.split('?')[0]}`);
  }
  const query = parseQuery(endpoint, request.query);
  if (endpoint.body === undefined) return { query, params, body: undefined };
  const given = endpoint.bodyOptional === true ? (request.body ?? {}) : request.body;
  requireStorable(given, { field: '', depth: 0 });
  return { query, params, body: parseInput(endpoint.body, given) };
}

const NOT_TEXT = /[\0\p{Surrogate}]/u;

/** Deeper than anything real; what is far deeper exhausts the stack of whoever walks through it. */
const DEPTH_MAX = 200;

/** No engine stores such text, nor anything so deep; a schema need not think of it. Names of fields count as text. */
function requireStorable(value: unknown, at: { field: string; depth: number }): void {
  const { field, depth } = at;
  if (typeof value === 'string' && NOT_TEXT.test(value)) throw notText(field);
  if (typeof value !== 'object' || value === null) return;
  if (depth === DEPTH_MAX) throw unfit('', `is nested deeper than ${DEPTH_MAX} levels; use fewer`);
  for (const [name, inner] of Object.entries(value)) {
    if (NOT_TEXT.test(name)) throw notText(field);
    const inside = Array.isArray(value) ? `${field}[${name}]` : `${field}${field === '' ? '' : '.'}${name}`;
    requireStorable(inner, { field: inside, depth: depth + 1 });
  }
}

function notText(field: string): AppError {
  return unfit(field, 'holds a character that is not text; remove it');
}

function unfit(field: string, message: string): AppError {
  return new AppError('invalid', 'The request does not fit', { details: [{ field, message }] });
}

function parseQuery(endpoint: Endpoint, given: unknown): Record<string, unknown> {
  const garbled = Object.entries(given as object).find(([, value]) => NOT_TEXT.test(String(value)));
  if (garbled !== undefined) throw notText(garbled[0]);
  if (endpoint.query !== undefined) return parseInput(endpoint.query.strict(), given) as Record<string, unknown>;
  const [unknown] = Object.keys(given as object);
  if (unknown === undefined) return {};
  throw unfit(unknown, 'this call takes no parameters after the "?"; leave it out');
}

const ATTEMPTS_MAX = 3;

/** A change that lost a race was rolled back whole: it is done again, so that the caller need not. */
async function change(ctx: Ctx, asked: { endpoint: Endpoint; call: AnyCall; run: AnyHandler }): Promise<KeptAnswer> {
  const { endpoint, call, run } = asked;
  const key = readIdempotencyKey(call.request);
  const attempt = () =>
    inTransaction(ctx, async (ctx) => {
      const answer = async () => keep(endpoint, await run({ ...call, ctx }));
      return key === undefined ? answer() : onceByKey(ctx, { key, request: call.request, answer });
    });
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (error) {
      if (attempts === ATTEMPTS_MAX || !isLostRace(error)) throw error;
    }
  }
}

function keep(endpoint: Endpoint, answer: unknown): KeptAnswer {
  const status = endpoint.status ?? 200;
  return { status, body: endpoint.answer === undefined ? null : JSON.stringify(answer), isRepeat: false };
}

function sendKept(reply: FastifyReply, { status, body, isRepeat }: KeptAnswer): FastifyReply {
  // Answers hold personal values, some a secret: no cache between here and the caller keeps them.
  reply.header('cache-control', 'no-store');
  if (isRepeat) reply.header('idempotent-replayed', 'true');
  if (body === null) return reply.code(status).send();
  return reply.code(status).type('application/json; charset=utf-8').send(body);
}
