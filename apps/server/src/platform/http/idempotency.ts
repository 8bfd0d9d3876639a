import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { open, seal } from '../crypto/index.ts';
import { AppError } from '../errors.ts';
import type { Services } from '../context.ts';
import type { TxCtx } from '../eventlog/index.ts';
import { claimKey, deleteKeysBefore, keepAnswer, readKept } from './idempotency-store.ts';

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
  const kept = await readKept(ctx.sql, ctx.workspaceId, claim.key);
  if (!kept.fingerprint.equals(claim.fingerprint)) {
    throw new AppError('conflict', 'This idempotency key was used for another request', {
      details: [
        { field: 'Idempotency-Key', message: 'send a new key with a new request, the old one to repeat the old' },
      ],
    });
  }
  const body = kept.body === null ? null : open(wrapping, kept.body).toString('utf8');
  return { status: kept.status, body, isRepeat: true };
}

const KEPT_MS = 48 * 3_600_000;
const FORGOTTEN_AT_ONCE_MAX = 10_000;

/** A round of forgetting keys two days after they were used; answers how many. A repeat after that is a new wish. */
export function forgetIdempotencyKeys({ postgres, clock }: Services): Promise<number> {
  return deleteKeysBefore(postgres, new Date(clock.now() - KEPT_MS), FORGOTTEN_AT_ONCE_MAX);
}

/** Whose key it is: two callers may choose the same. */
function callerOf({ actor }: TxCtx): string {
  return actor.kind === 'system' ? actor.name : actor.id;
}

function fingerprintOf(request: FastifyRequest): Buffer {
  const text = [request.method, request.url, JSON.stringify(request.body ?? null)].join('\n');
  return createHash('sha256').update(text).digest();
}
