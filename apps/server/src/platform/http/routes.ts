import type { AnswerOf, BodyOf, Endpoint, ParamsOf, QueryOf } from '@segue/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ctx } from '../context.ts';
import type { AppError } from '../errors.ts';
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

/** What every call comes down to once its types have served their purpose. */
export interface AnyCall {
  readonly params: Record<string, string>;
  readonly query: Record<string, unknown>;
  readonly body: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** How a change is carried out for all who ask for it at the same time, in one transaction. */
export interface Grouped<E extends Endpoint> {
  /** What a call is about: calls that share a name are not carried out together. */
  namesOf(call: Omit<Call<E>, 'ctx'>): readonly string[];
  /**
   * The answer of each call, in their order, or why it is refused: then it must not leave anything behind. `ctx` of a call knows
   * who makes it; all share the one transaction.
   */
  carryOut(ctx: TxCtx, calls: readonly Call<E>[]): Promise<(AnswerOf<E> | AppError)[]>;
}

/**
 * Serves one endpoint of the contract: authorises by its scopes, parses what it takes, and answers what it promises. A
 * change runs in one transaction with its audit entry and its idempotency key: all of it happens, once, or nothing does.
 */
export type Serve = <const E extends Endpoint>(endpoint: E, handler: Handler<E> | Grouped<E>) => void;

/** A module's routes; registered by compose. What is not under `/api/v1` goes to `app` itself. */
export type Routes = (serve: Serve, app: FastifyInstance) => void;
