import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { open, seal } from '../crypto/index.ts';
import { AppError } from '../errors.ts';
import type { Services } from '../context.ts';
import type { TxCtx } from '../eventlog/index.ts';
import {
  claimKey,
  claimKeys,
  deleteKeys,
  deleteKeysBefore,
  keepAnswer,
  keepAnswers,
  type KeptRow,
  readAllKept,
  readKept,
} from './idempotency-store.ts';

/** An answer as it was sent. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: string | null;
  /** It was sent before, under the same key. */
  readonly isRepeat: boolean;
}

const KEY = /^[\x21-\x7e]{1,200}$/;

/** The caller's name for one wish (draft-ietf-httpapi-idempotency-key-header); undefined when the header is not there. */
export function readIdempotencyKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  if (typeof header === 'string' && KEY.test(header)) return header;
  throw new AppError('invalid', 'The idempotency key cannot be used', {
    details: [{ field: 'Idempotency-Key', message: 'use 1 to 200 printable ASCII characters without spaces' }],
  });
}

/**
 * Carries out one wish once: the key, the effect and the answer are of one transaction. A second call with the key
 * waits for the first, then gets its answer; with another body it is refused. A call that failed leaves no key behind.
 */
export async function onceByKey(
  ctx: TxCtx,
  wish: { key: string; request: FastifyRequest; answer: () => Promise<KeptAnswer> },
): Promise<KeptAnswer> {
  const { key, request, answer } = wish;
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  const claim = { key: `${callerOf(ctx)} ${key}`, fingerprint: fingerprintOf(request), nowMs: ctx.clock.now() };
  if (await claimKey(ctx.sql, ctx.workspaceId, claim)) {
    const made = await answer();
    const sealed = made.body === null ? null : seal(wrapping, made.body);
    await keepAnswer(ctx.sql, ctx.workspaceId, { key: claim.key, status: made.status, body: sealed });
    return made;
  }
  return replay(await readKept(ctx.sql, ctx.workspaceId, claim.key), { fingerprint: claim.fingerprint, wrapping });
}

/** A call that is to be carried out once by its key; without a key whenever it comes. */
export interface KeyedCall {
  readonly ctx: TxCtx;
  readonly key: string | undefined;
  readonly request: FastifyRequest;
}

/** What became of one call of many: its answer, or why it is refused. */
export type Outcome = KeptAnswer | AppError;

/**
 * As `onceByKey`, for calls that share a transaction, no two with one key. `answerAll` is asked for those that were not carried
 * out before, by their places; one it refuses leaves no key behind.
 */
export async function allOnceByKey(
  ctx: TxCtx,
  calls: readonly KeyedCall[],
  answerAll: (places: readonly number[]) => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const { sql, workspaceId } = ctx;
  const { wrapping } = await ctx.keysOf(workspaceId);
  const claims = calls.map(({ ctx: own, key, request }) =>
    key === undefined ? undefined : { key: `${callerOf(own)} ${key}`, fingerprint: fingerprintOf(request) },
  );
  const keyed = claims.filter((claim) => claim !== undefined);
  const taken = keyed.length === 0 ? keyed : await takeKeys(ctx, keyed);
  const kept = await readAllKept(
    sql,
    workspaceId,
    keyed.filter((claim) => !taken.includes(claim)).map(({ key }) => key),
  );
  const isOpen = (claim: (typeof claims)[number]) => claim === undefined || !kept.has(claim.key);
  const places = [...calls.keys()].filter((place) => isOpen(claims[place]));
  const answers = places.length === 0 ? [] : await answerAll(places);
  const made = new Map(places.map((place, at) => [place, answers[at]!]));
  await keepAnswers(
    sql,
    workspaceId,
    [...made].flatMap(([place, answer]) => {
      const claim = claims[place];
      if (claim === undefined || answer instanceof AppError) return [];
      return [
        { key: claim.key, status: answer.status, body: answer.body === null ? null : seal(wrapping, answer.body) },
      ];
    }),
  );
  const refused = [...made].flatMap(([place, answer]) =>
    answer instanceof AppError ? (claims[place]?.key ?? []) : [],
  );
  await deleteKeys(sql, workspaceId, refused);
  return claims.map(
    (claim, place) => made.get(place) ?? refusedOr(() => replay(kept.get(claim!.key)!, { ...claim!, wrapping })),
  );
}

async function takeKeys<C extends { key: string; fingerprint: Buffer }>(
  ctx: TxCtx,
  claims: readonly C[],
): Promise<C[]> {
  const taken = await claimKeys(ctx.sql, ctx.workspaceId, { claims, nowMs: ctx.clock.now() });
  return claims.filter(({ key }) => taken.has(key));
}

function refusedOr(answer: () => KeptAnswer): Outcome {
  try {
    return answer();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

/** What was answered under a key, to a call that is the same; another is refused. */
function replay(kept: KeptRow, { fingerprint, wrapping }: { fingerprint: Buffer; wrapping: Buffer }): KeptAnswer {
  if (!kept.fingerprint.equals(fingerprint)) {
    throw new AppError('conflict', 'This idempotency key was used for another request', {
      details: [
        { field: 'Idempotency-Key', message: 'send a new key with a new request, the old one to repeat the old' },
      ],
    });
  }
  const body = kept.body === null ? null : open(wrapping, kept.body).toString('utf8');
  return { status: kept.status, body, isRepeat: true };
}

/** The name of a wish among those of its caller; undefined: it has none. */
export function nameOfKey(ctx: Pick<TxCtx, 'actor'>, key: string | undefined): string | undefined {
  return key === undefined ? undefined : `key ${callerOf(ctx)} ${key}`;
}

const KEPT_MS = 48 * 3_600_000;
const FORGOTTEN_AT_ONCE_MAX = 10_000;

/** A round of forgetting keys two days after they were used; answers how many. A repeat after that is a new wish. */
export function forgetIdempotencyKeys({ postgres, clock }: Services): Promise<number> {
  return deleteKeysBefore(postgres, new Date(clock.now() - KEPT_MS), FORGOTTEN_AT_ONCE_MAX);
}

/** Whose key it is: two callers may choose the same. */
function callerOf({ actor }: Pick<TxCtx, 'actor'>): string {
  return actor.kind === 'system' ? actor.name : actor.id;
}

function fingerprintOf(request: FastifyRequest): Buffer {
  const text = [request.method, request.url, JSON.stringify(request.body ?? null)].join('\n');
  return createHash('sha256').update(text).digest();
}
