import type { AnswerOf, BodyOf, Endpoint, ParamsOf, QueryOf } from '@segue/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ctx } from '../context.ts';
import type { TxCtx } from '../eventlog/index.ts';
import type { StreamedAnswer } from './streamed-answer.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The endpoint of an `/api/v1` route; a route without one does not start. */
    endpoint?: Endpoint;
  }
}

type Read = { readonly method: 'GET' } | { readonly changesNothing: true } | { readonly ownTransaction: true };

/** One call, parsed. What a change works with is inside its transaction; what reads has the pool. */
export interface Call<E extends Endpoint> {
  readonly ctx: E extends Read ? Ctx : TxCtx;
  readonly params: ParamsOf<E>;
  readonly query: QueryOf<E>;
  readonly body: BodyOf<E>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What is read may leave as a stream; what a change answers is kept for its repeats. */
type Answered<E extends Endpoint> = E['file'] extends readonly string[]
  ? StreamedAnswer<unknown>
  : E['answer'] extends object
    ? AnswerOf<E> | (E extends Read ? StreamedAnswer<AnswerOf<E>> : never)
    : void;

export type Handler<E extends Endpoint> = (call: Call<E>) => Promise<Answered<E>> | Answered<E>;

/**
 * Serves one endpoint of the contract: authorises by its scopes, parses what it takes, and answers what it promises. A
 * change runs in one transaction with its audit entry and its idempotency key: all of it happens, once, or nothing does.
 */
export type Serve = <const E extends Endpoint>(endpoint: E, handler: Handler<E>) => void;

/** A module's routes; registered by compose. What is not under `/api/v1` goes to `app` itself. */
export type Routes = (serve: Serve, app: FastifyInstance) => void;
