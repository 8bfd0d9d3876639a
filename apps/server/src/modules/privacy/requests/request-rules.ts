import type { PrivacyRequest } from '@segue/contract';
import type { Actor } from '../../../platform/context.ts';
import type { JsonObject } from '../../../platform/json.ts';

export type RequestState = PrivacyRequest['state'];
export type Regulation = PrivacyRequest['regulation'];

const DAY_MS = 86_400_000;
const ATTEMPTS_MAX = 6;
const RETRY_MS = 30_000;
const RETRY_MS_MAX = 3_600_000;

/**
 * Until when it must be done. GDPR, article 12(3): within one month, which ends on the day of the same number, or on the
 * last of a shorter month. CCPA, § 1798.130(a)(2)(A): 45 days. Everything else: 30 days.
 */
export function deadlineMs(regulation: Regulation, createdMs: number): number {
  switch (regulation) {
    case 'gdpr':
      return nextMonthMs(createdMs);
    case 'ccpa':
      return createdMs + 45 * DAY_MS;
    case 'other':
      return createdMs + 30 * DAY_MS;
  }
}

function nextMonthMs(ms: number): number {
  const from = new Date(ms);
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 2, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), lastDay);
  return Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, day) + (ms % DAY_MS);
}

export function isOver(state: RequestState): boolean {
  return state === 'done' || state === 'cancelled';
}

/** Not once it was begun: half an erasure is no state to leave anybody in, though it failed or is tried again. */
export function canCancel(request: {
  readonly kind: PrivacyRequest['kind'];
  readonly state: RequestState;
  readonly attempts: number;
  readonly lease: number;
  readonly progress: JsonObject;
}): boolean {
  const { kind, state, attempts, lease, progress } = request;
  const isErasing = begunProfiles(progress) !== undefined || (kind === 'erase_shop' && lease > 0);
  if (isErasing) return false;
  return state === 'waiting' || state === 'failed' || (state === 'received' && attempts === 0);
}

/** Somebody answers for it by name: a key may be in many hands. */
export function mayApprove(actor: Actor): boolean {
  return actor.kind === 'member' && (actor.role === 'owner' || actor.role === 'admin');
}

/** Why a member must approve it; null where nothing waits. */
export function waitingReason(request: {
  readonly kind: PrivacyRequest['kind'];
  readonly state: RequestState;
}): PrivacyRequest['waitingReason'] {
  if (request.state !== 'waiting') return null;
  return request.kind === 'erase_shop' ? 'whole_shop' : 'claimed_identifier';
}

/** Whether it gives away or destroys all of somebody: whoever merely typed her address does not decide that. */
export function needsProof(kind: PrivacyRequest['kind']): boolean {
  return kind === 'export' || kind === 'erase';
}

/** The customers a member let a request go on for, though it names them by what is only claimed. */
export function approvedProfiles({ approved }: JsonObject): string[] {
  return Array.isArray(approved) ? approved.map(String) : [];
}

/** Whom an erasure was begun for: once begun, nothing leads to them any more. */
export function begunProfiles({ profiles }: JsonObject): string[] | undefined {
  return Array.isArray(profiles) ? profiles.map(String) : undefined;
}

/** What becomes of a request whose attempt failed: it is tried again ever later, and at last left to a member. */
export function afterFailure(attempts: number): { state: 'received' | 'failed'; restMs: number } {
  if (attempts >= ATTEMPTS_MAX) return { state: 'failed', restMs: 0 };
  return { state: 'received', restMs: Math.min(RETRY_MS * 2 ** (attempts - 1), RETRY_MS_MAX) };
}
