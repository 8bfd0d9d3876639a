const DAY_MS = 24 * 60 * 60_000;

export type LotState = 'pending' | 'active' | 'depleted' | 'expired' | 'void';

/** Points that were earned together. What was earned is left, expired, or was spent. */
export interface Lot {
  readonly id: string;
  readonly accountId: string;
  readonly programId: string;
  readonly sourceRef: string;
  readonly earned: number;
  readonly remaining: number;
  readonly expired: number;
  readonly availableAtMs: number;
  /** Null: never. */
  readonly expiresAtMs: number | null;
  readonly noticeAtMs: number | null;
  readonly state: LotState;
  /** Counts its changes. */
  readonly version: number;
}

/** When points can be spent, and until when. */
export interface LotDates {
  readonly availableAtMs: number;
  readonly expiresAtMs: number | null;
}

export function isLive({ state }: Lot): boolean {
  return state === 'active' || state === 'pending';
}

/** The order in which points are spent: those that expire first go first, then the older ones. Pure. */
export function spentFirst(a: Lot, b: Lot): number {
  const end = ({ expiresAtMs }: Lot) => expiresAtMs ?? Number.POSITIVE_INFINITY;
  if (end(a) !== end(b)) return end(a) < end(b) ? -1 : 1;
  if (a.availableAtMs !== b.availableAtMs) return a.availableAtMs - b.availableAtMs;
  return a.id < b.id ? -1 : 1;
}

/** When it is told that points will expire; null: it is too late for that, or nobody wants to know. Pure. */
export function noticeOf(expiresAtMs: number | null, noticeDays: number | null, nowMs: number): number | null {
  if (expiresAtMs === null || noticeDays === null) return null;
  const atMs = expiresAtMs - noticeDays * DAY_MS;
  return atMs > nowMs ? atMs : null;
}
