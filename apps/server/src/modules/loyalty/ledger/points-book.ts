import type { Allocation } from './entry.ts';
import { type Lot, type LotDates, noticeOf, spentFirst } from './lot.ts';
import { type Happening, PointsSheet } from './points-sheet.ts';

const DAY_MS = 24 * 60 * 60_000;

/** There are fewer points than were asked for. */
interface Short {
  readonly kind: 'short';
  readonly available: number;
}

/**
 * The ledger of some customers, whose accounts are locked, in memory: every change is decided here and written as a whole. At
 * each moment an account's balance is what remains in its active lots and the sum of its entries, pending likewise, and whoever
 * owes points has none.
 */
export class PointsBook extends PointsSheet {
  /** Does what fell due with her points meanwhile, as the loop would: no point is spent after its end. */
  refresh(accountId: string): void {
    for (const lot of this.liveLots(accountId)) if (lot.state === 'pending') this.activate(lot.id);
    for (const lot of this.liveLots(accountId)) this.expire(lot.id);
  }

  /** Points that come in. Those of one source are one lot, however often some are added. */
  earn(
    accountId: string,
    wish: { sourceRef: string; points: number; dates: LotDates; kind?: 'earn' | 'adjust' | 'transfer' } & Happening,
  ): void {
    const { points, dates, kind = 'earn' } = wish;
    if (points <= 0) return;
    const lot = this.lotOf(this.account(accountId).programId, wish.sourceRef) ?? this.#openLot(accountId, wish);
    const waits = lot.state === 'pending' || (lot.earned === 0 && dates.availableAtMs > this.nowMs);
    const fresh = lot.earned === 0 ? this.#dated(lot, dates) : lot;
    this.putLot({
      ...fresh,
      earned: lot.earned + points,
      remaining: lot.remaining + points,
      state: waits ? 'pending' : 'active',
    });
    const delta = waits ? { pending: points } : { balance: points };
    const earned = kind === 'earn' && !waits ? points : 0;
    this.post(lot.accountId, { kind: waits ? 'earn_pending' : kind, ...delta, lotId: lot.id, earned }, wish);
    if (kind === 'earn') this.#touch(lot.accountId);
    this.expire(lot.id);
    this.#settle(lot.accountId, wish);
  }

  /** Other dates for points that are pending still. */
  redate(lotId: string, dates: LotDates): void {
    const lot = this.lot(lotId);
    if (lot.state !== 'pending' || lot.availableAtMs === dates.availableAtMs) return;
    this.putLot(this.#dated(lot, dates));
    this.activate(lotId);
  }

  /** If its time has come. */
  activate(lotId: string): void {
    const lot = this.lot(lotId);
    if (lot.state !== 'pending' || lot.availableAtMs > this.nowMs) return;
    const { remaining: points } = lot;
    this.putLot({ ...lot, state: 'active' });
    const happening = { ref: lot.sourceRef, key: `lot/${lot.id}/${lot.version}` };
    const posting = { kind: 'activate', balance: points, pending: -points, lotId, earned: points } as const;
    this.post(lot.accountId, posting, happening);
    this.#settle(lot.accountId, happening);
  }

  /** If its time is over. */
  expire(lotId: string): void {
    const lot = this.lot(lotId);
    if (lot.state !== 'active' || lot.expiresAtMs === null || lot.expiresAtMs > this.nowMs) return;
    const { remaining: points } = lot;
    this.putLot({ ...lot, remaining: 0, expired: lot.expired + points, state: 'expired' });
    const happening = { ref: lot.sourceRef, key: `lot/${lot.id}/${lot.version}` };
    this.post(lot.accountId, { kind: 'expire', balance: -points, lotId }, happening);
  }

  /** If it is time to tell that it will expire: it is told of once. */
  notice(lotId: string): Lot | undefined {
    const lot = this.lot(lotId);
    if (lot.state !== 'active' || lot.noticeAtMs === null || lot.noticeAtMs > this.nowMs) return undefined;
    this.putLot({ ...lot, noticeAtMs: null });
    return lot;
  }

  /**
   * Takes back what a source earned: of its own lot first, where what expired is gone already; what was spent of it from what
   * else she has, and the rest she owes.
   */
  takeBack(lotId: string, points: number, happening: Happening): void {
    if (points <= 0) return;
    const lot = this.lot(lotId);
    const wasPending = lot.state === 'pending';
    const own = Math.min(lot.remaining, points);
    const gone = Math.min(lot.expired, points - own);
    const left = lot.remaining - own;
    const earned = lot.earned - own - gone;
    const ended = earned === 0 ? 'void' : lot.state === 'expired' ? 'expired' : 'depleted';
    this.putLot({
      ...lot,
      ...{ earned, remaining: left, expired: lot.expired - gone },
      state: left > 0 ? lot.state : ended,
    });
    const { taken, short } = this.#take(lot.accountId, points - own - gone);
    const first = own === 0 ? [] : [{ lotId, quantity: -own }];
    this.post(
      lot.accountId,
      {
        kind: 'reverse',
        pending: wasPending ? 0 - own : 0,
        balance: (wasPending ? 0 : 0 - own) + sumOf(taken.get(lot.accountId)),
        debt: short,
        allocations: [...first, ...(taken.get(lot.accountId) ?? [])],
        earned: wasPending ? 0 : 0 - points,
      },
      happening,
    );
    taken.delete(lot.accountId);
    this.#postTaken('reverse', taken, happening);
  }

  /** Spends points, all or none. Answers how many there are when they are too few. */
  burn(accountId: string, points: number, wish: Happening & { burnId: string }): { kind: 'burned' } | Short {
    this.refresh(accountId);
    const { balance: available } = this.standing(accountId);
    if (available < points) return { kind: 'short', available };
    this.reburn(accountId, points, wish);
    this.#touch(accountId);
    return { kind: 'burned' };
  }

  /** As `burn`, for what has happened already: what she has not she owes. */
  reburn(accountId: string, points: number, wish: Happening & { burnId: string }): void {
    const { taken, short } = this.#take(accountId, points);
    if (short > 0) this.post(accountId, { kind: 'burn', debt: short, burned: short, burnId: wish.burnId }, wish);
    this.#postTaken('burn', taken, wish);
  }

  /**
   * Puts spent points back where they were taken, those that expire last first: as if fewer had been spent. What has expired
   * meanwhile gets its days of grace, or expires again. `dates`: of points that were owed when they were spent.
   */
  restore(
    accountId: string,
    points: number,
    wish: Happening & { burnId: string; spent: readonly Allocation[]; dates: LotDates },
  ): void {
    const open = wish.spent.map(({ lotId, quantity }) => ({ lot: this.lot(lotId), quantity }));
    open.sort((a, b) => spentFirst(b.lot, a.lot));
    const back = new Map<string, Allocation[]>();
    let left = points;
    for (const { lot, quantity } of open) {
      const part = Math.min(left, quantity);
      if (part <= 0) continue;
      left -= part;
      this.putLot({ ...lot, remaining: lot.remaining + part, state: 'active' });
      back.set(lot.accountId, [...(back.get(lot.accountId) ?? []), { lotId: lot.id, quantity: part }]);
    }
    for (const [id, allocations] of back) {
      const sum = sumOf(allocations);
      const { burnId } = wish;
      this.post(id, { kind: 'refund_burn', balance: sum, allocations, burned: -sum, burnId }, wish);
    }
    if (left > 0) this.#restoreOwed(accountId, left, wish);
    for (const allocations of back.values()) for (const { lotId } of allocations) this.#endOrSpare(lotId);
    for (const id of new Set([accountId, ...back.keys()])) this.#settle(id, wish);
  }

  /** Takes points otherwise than by spending, all or none. */
  remove(
    accountId: string,
    points: number,
    wish: Happening & { kind: 'adjust' | 'transfer' },
  ): { kind: 'removed'; allocations: readonly Allocation[] } | Short {
    this.refresh(accountId);
    const { balance: available } = this.standing(accountId);
    if (available < points) return { kind: 'short', available };
    const { taken } = this.#take(accountId, points);
    this.#postTaken(wish.kind, taken, wish);
    return { kind: 'removed', allocations: [...taken.values()].flat() };
  }

  /** What she owes is paid with what she has. */
  #settle(accountId: string, { ref, key }: Happening): void {
    const { balance, debt } = this.standing(accountId);
    const paid = Math.min(balance, debt);
    if (paid <= 0) return;
    const { taken } = this.#take(accountId, paid);
    let left = paid;
    for (const account of this.purse(accountId)) {
      const part = Math.min(left, account.debt);
      left -= part;
      const allocations = taken.get(account.id) ?? [];
      if (part === 0 && allocations.length === 0) continue;
      this.post(account.id, { kind: 'settle', balance: sumOf(allocations), debt: 0 - part, allocations }, { ref, key });
    }
  }

  /** Customers became one: what one of them owes the other pays. */
  settle(accountId: string, happening: Happening): void {
    this.#settle(accountId, happening);
  }

  #restoreOwed(accountId: string, points: number, wish: Happening & { burnId: string; dates: LotDates }): void {
    const sourceRef = `restored:${wish.burnId}`;
    const lot =
      this.lotOf(this.account(accountId).programId, sourceRef) ?? this.#openLot(accountId, { ...wish, sourceRef });
    this.putLot({ ...lot, earned: lot.earned + points, remaining: lot.remaining + points, state: 'active' });
    const posting = { kind: 'refund_burn', balance: points, lotId: lot.id, burned: -points } as const;
    this.post(lot.accountId, { ...posting, burnId: wish.burnId }, wish);
  }

  #endOrSpare(lotId: string): void {
    const lot = this.lot(lotId);
    const { graceDays, inactivityDays } = this.rules(lot.accountId);
    const activeAtMs = Math.max(...this.purse(lot.accountId).map((one) => one.activeAtMs ?? 0));
    const asked = inactivityDays === null ? lot.expiresAtMs : activeAtMs + inactivityDays * DAY_MS;
    const isOver = asked !== null && asked <= this.nowMs;
    const expiresAtMs = isOver && graceDays > 0 ? this.nowMs + graceDays * DAY_MS : asked;
    if (expiresAtMs !== lot.expiresAtMs) this.putLot(this.#dated(lot, { ...lot, expiresAtMs }));
    this.expire(lotId);
  }

  /** She did something: where points expire by inactivity, all of hers last longer. */
  #touch(accountId: string): void {
    this.putAccount({ ...this.account(accountId), activeAtMs: this.nowMs });
    const { inactivityDays } = this.rules(accountId);
    if (inactivityDays === null) return;
    const expiresAtMs = this.nowMs + inactivityDays * DAY_MS;
    for (const lot of this.liveLots(accountId)) {
      if (lot.expiresAtMs !== expiresAtMs) this.putLot(this.#dated(lot, { ...lot, expiresAtMs }));
    }
  }

  #dated(lot: Lot, { availableAtMs, expiresAtMs }: LotDates): Lot {
    const { noticeDays } = this.rules(lot.accountId);
    return { ...lot, availableAtMs, expiresAtMs, noticeAtMs: noticeOf(expiresAtMs, noticeDays, this.nowMs) };
  }

  #openLot(accountId: string, { sourceRef, dates }: { sourceRef: string; dates: LotDates }): Lot {
    const { programId } = this.account(accountId);
    const names = { id: this.parts.newId(), accountId, programId, sourceRef };
    const nothing = { earned: 0, remaining: 0, expired: 0, noticeAtMs: null, state: 'void', version: 0 } as const;
    return this.#dated({ ...names, ...nothing, ...dates }, dates);
  }

  /** Out of active lots, in the order of spending; by account. */
  #take(accountId: string, points: number): { taken: Map<string, Allocation[]>; short: number } {
    const taken = new Map<string, Allocation[]>();
    let left = points;
    const active = this.liveLots(accountId).filter(({ state }) => state === 'active');
    for (const lot of active.sort(spentFirst)) {
      const part = Math.min(left, lot.remaining);
      if (part <= 0) break;
      left -= part;
      const remaining = lot.remaining - part;
      this.putLot({ ...lot, remaining, state: remaining === 0 ? 'depleted' : 'active' });
      taken.set(lot.accountId, [...(taken.get(lot.accountId) ?? []), { lotId: lot.id, quantity: -part }]);
    }
    return { taken, short: left };
  }

  #postTaken(
    kind: 'reverse' | 'burn' | 'adjust' | 'transfer',
    taken: ReadonlyMap<string, readonly Allocation[]>,
    wish: Happening & { burnId?: string },
  ): void {
    for (const [id, allocations] of taken) {
      const balance = sumOf(allocations);
      const burned = kind === 'burn' ? -balance : 0;
      const { burnId } = wish;
      this.post(id, { kind, balance, allocations, burned, ...(burnId !== undefined && { burnId }) }, wish);
    }
  }
}

function sumOf(allocations: readonly Allocation[] = []): number {
  return allocations.reduce((sum, { quantity }) => sum + quantity, 0);
}
