/** Points earned together. */
export interface Lot {
  readonly id: string;
  readonly accountId: string;
  readonly sourceRef: string;
  readonly earned: number;
  readonly remaining: number;
  readonly state: 'pending' | 'active' | 'depleted' | 'expired' | 'void';
  readonly availableAtMs: number;
  readonly expiresAtMs: number | null;
}

export const ENTRY_KINDS = [
  'earn_pending',
  'earn',
  'activate',
  'burn',
  'expire',
  'reverse',
  'refund_burn',
  'repay',
  'adjust',
  'transfer',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

export interface Entry {
  readonly accountId: string;
  readonly kind: EntryKind;
  readonly deltaBalance: number;
  readonly deltaPending: number;
  readonly deltaDebt: number;
  readonly lotId: string | null;
  readonly ref: string;
  readonly key: string;
  readonly reason: string | null;
}

export interface Allocation {
  readonly ref: string;
  readonly lotId: string;
  readonly quantity: number;
  readonly restored: number;
}

/**
 * What a customer has in one program: an account for each identifier it was earned under, so that what is filed under a node
 * goes where the node goes. To her it is one purse.
 */
export interface Purse {
  readonly balance: number;
  readonly pending: number;
  readonly debt: number;
  /** By account; where nothing is owed there is none. */
  readonly debts: ReadonlyMap<string, number>;
  readonly lots: readonly Lot[];
  readonly allocations: readonly Allocation[];
}

export const EMPTY_PURSE: Purse = { balance: 0, pending: 0, debt: 0, debts: new Map(), lots: [], allocations: [] };

type Change = Omit<Entry, 'reason'> & { readonly reason?: string | null };

/**
 * The ledger of one purse, changed in memory. The balance is the sum of what is left in active lots, pending that in pending
 * ones, and both are the sums of their entries. Pure: what a verb becomes is decided on the purse alone.
 */
export class Ledger {
  #purse: Purse;
  readonly #entries: Entry[] = [];

  constructor(purse: Purse) {
    this.#purse = purse;
  }

  get purse(): Purse {
    return this.#purse;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Points come in: at once, or pending until their start. What was owed is paid with them first. */
  earn(lot: Omit<Lot, 'remaining' | 'state'>, told: { key: string; nowMs: number; reason?: string | null }): void {
    if (lot.earned <= 0) return;
    const isPending = lot.availableAtMs > told.nowMs;
    this.#putLot({ ...lot, remaining: lot.earned, state: isPending ? 'pending' : 'active' });
    const { sourceRef: ref, earned } = lot;
    const kind = isPending ? 'earn_pending' : 'earn';
    const { key, reason = null } = told;
    this.#post({
      ...{ kind, ref, key, reason, accountId: lot.accountId, lotId: lot.id, deltaDebt: 0 },
      deltaBalance: isPending ? 0 : earned,
      deltaPending: isPending ? earned : 0,
    });
    if (!isPending) this.#repay(lot.id, key);
  }

  /** A pending lot's time has come. */
  activate(lotId: string): void {
    const lot = this.#lot(lotId);
    if (lot.state !== 'pending') return;
    this.#putLot({ ...lot, state: lot.remaining === 0 ? 'depleted' : 'active' });
    const key = `activate:${lotId}`;
    const left = lot.remaining;
    this.#post({
      ...{ kind: 'activate', accountId: lot.accountId, lotId, ref: lot.sourceRef, key },
      ...{ deltaBalance: left, deltaPending: -left, deltaDebt: 0 },
    });
    this.#repay(lotId, key);
  }

  /** An active lot's time is over; what is left of it is gone. */
  expire(lotId: string): number {
    const lot = this.#lot(lotId);
    if (lot.state !== 'active') return 0;
    this.#putLot({ ...lot, remaining: 0, state: 'expired' });
    // A refund can bring a lot back, which then ends once more.
    const key = `expire:${lotId}:${this.#purse.allocations.filter((one) => one.lotId === lotId && one.restored > 0).length}`;
    this.#post({
      ...{ kind: 'expire', accountId: lot.accountId, lotId, ref: lot.sourceRef, key },
      ...{ deltaBalance: -lot.remaining, deltaPending: 0, deltaDebt: 0 },
    });
    return lot.remaining;
  }

  /** Spends points, those that end soonest first. False: there are not so many. */
  burn(quantity: number, told: { ref: string; key: string; reason?: string | null }): boolean {
    if (quantity > this.#purse.balance) return false;
    for (const [lotId, part] of this.#take(quantity, soonestFirst(this.#purse.lots, 'active'))) {
      this.#allocate({ ref: told.ref, lotId, quantity: part, restored: 0 });
      this.#post({
        ...{ kind: 'burn', accountId: this.#lot(lotId).accountId, lotId, ref: told.ref },
        ...{ key: `${told.key}:${lotId}`, reason: told.reason ?? null },
        ...{ deltaBalance: -part, deltaPending: 0, deltaDebt: 0 },
      });
    }
    return true;
  }

  /** Gives spent points back to the lots they came from, with their old end. Answers how many there were to give. */
  restore(quantity: number, told: { ref: string; key: string }): number {
    let left = quantity;
    for (const one of this.#purse.allocations.filter(({ ref }) => ref === told.ref)) {
      const part = Math.min(left, one.quantity - one.restored);
      if (part === 0) continue;
      left -= part;
      this.#allocate({ ...one, restored: one.restored + part });
      const lot = this.#lot(one.lotId);
      this.#putLot({ ...lot, remaining: lot.remaining + part, state: 'active' });
      this.#post({
        ...{
          kind: 'refund_burn',
          accountId: lot.accountId,
          lotId: one.lotId,
          ref: told.ref,
          key: `${told.key}:${one.lotId}`,
        },
        ...{ deltaBalance: part, deltaPending: 0, deltaDebt: 0 },
      });
    }
    return quantity - left;
  }

  /**
   * Takes earned points back: of their own source first, then of the others, those that end soonest first; what was spent
   * meanwhile is owed, or forgiven.
   */
  reverse(quantity: number, told: { accountId: string; sourceRef: string; key: string; forgives: boolean }): void {
    const own = this.#purse.lots.filter((lot) => lot.sourceRef === told.sourceRef);
    const others = this.#purse.lots.filter((lot) => lot.sourceRef !== told.sourceRef);
    const turn = [...soonestFirst(own, 'pending'), ...soonestFirst(own, 'active'), ...soonestFirst(others, 'active')];
    let left = quantity;
    for (const [lotId, part] of this.#take(quantity, turn)) {
      left -= part;
      const isPending =
        this.#lot(lotId).state === 'pending' || turn.find((lot) => lot.id === lotId)!.state === 'pending';
      this.#post({
        ...{ kind: 'reverse', accountId: this.#lot(lotId).accountId, lotId, ref: told.sourceRef },
        ...{ key: `${told.key}:${lotId}`, deltaDebt: 0 },
        ...{ deltaBalance: isPending ? 0 : -part, deltaPending: isPending ? -part : 0 },
      });
    }
    if (left === 0 || told.forgives) return;
    this.#post({
      ...{ kind: 'reverse', accountId: told.accountId, lotId: null, ref: told.sourceRef, key: `${told.key}:debt` },
      ...{ deltaBalance: 0, deltaPending: 0, deltaDebt: left },
    });
  }

  /** What is owed, by whichever account, is paid out of what just came in. */
  #repay(lotId: string, key: string): void {
    for (const [accountId, owed] of this.#purse.debts) {
      const lot = this.#lot(lotId);
      const part = Math.min(owed, lot.state === 'active' ? lot.remaining : 0);
      if (part === 0) continue;
      this.#putLot(less(lot, part));
      const told = { kind: 'repay' as const, ref: lot.sourceRef, deltaPending: 0 };
      const paid = {
        accountId: lot.accountId,
        lotId,
        key: `${key}:repay:${accountId}`,
        deltaBalance: -part,
        deltaDebt: 0,
      };
      this.#post({ ...told, ...paid });
      this.#post({ ...told, accountId, lotId: null, key: `${key}:repaid:${lotId}`, deltaBalance: 0, deltaDebt: -part });
    }
  }

  #take(quantity: number, turn: readonly Lot[]): [lotId: string, part: number][] {
    let left = quantity;
    const parts: [string, number][] = [];
    for (const { id } of turn) {
      const lot = this.#lot(id);
      const part = Math.min(left, lot.remaining);
      if (part === 0) continue;
      left -= part;
      this.#putLot(less(lot, part));
      parts.push([id, part]);
    }
    return parts;
  }

  #lot(id: string): Lot {
    const lot = this.#purse.lots.find((one) => one.id === id);
    if (lot === undefined) throw new Error('a lot was not loaded before it was changed');
    return lot;
  }

  #putLot(lot: Lot): void {
    const others = this.#purse.lots.filter((one) => one.id !== lot.id);
    this.#purse = { ...this.#purse, lots: [...others, lot] };
  }

  #allocate(allocation: Allocation): void {
    const isSame = (one: Allocation) => one.ref === allocation.ref && one.lotId === allocation.lotId;
    const others = this.#purse.allocations.filter((one) => !isSame(one));
    this.#purse = { ...this.#purse, allocations: [...others, allocation] };
  }

  #post({ reason = null, ...change }: Change): void {
    const { balance, pending, debt, debts } = this.#purse;
    const owed = new Map(debts);
    const own = (owed.get(change.accountId) ?? 0) + change.deltaDebt;
    if (own === 0) owed.delete(change.accountId);
    else owed.set(change.accountId, own);
    this.#purse = {
      ...this.#purse,
      balance: balance + change.deltaBalance,
      pending: pending + change.deltaPending,
      debt: debt + change.deltaDebt,
      debts: owed,
    };
    this.#entries.push({ ...change, reason });
  }
}

function less(lot: Lot, part: number): Lot {
  const remaining = lot.remaining - part;
  return { ...lot, remaining, state: remaining === 0 && lot.state === 'active' ? 'depleted' : lot.state };
}

function soonestFirst(lots: readonly Lot[], state: Lot['state']): Lot[] {
  const end = ({ expiresAtMs }: Lot) => expiresAtMs ?? Number.POSITIVE_INFINITY;
  return lots
    .filter((lot) => lot.state === state)
    .sort((a, b) => end(a) - end(b) || a.availableAtMs - b.availableAtMs || (a.id < b.id ? -1 : 1));
}
