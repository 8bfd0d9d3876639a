import { type Account, type Standing, standingOf } from './account.ts';
import type { Allocation, Entry, EntryKind } from './entry.ts';
import { isLive, type Lot } from './lot.ts';

/** What of a program's terms the ledger itself asks. */
export interface LedgerRules {
  readonly graceDays: number;
  readonly noticeDays: number | null;
  /** Points expire so long after she last earned or spent any; null: each by a date of its own. */
  readonly inactivityDays: number | null;
}

export interface BookParts {
  readonly nowMs: number;
  newId(): string;
  /** All accounts of every customer in it, of each program it is about. */
  readonly accounts: readonly Account[];
  readonly lots: readonly Lot[];
  rulesOf(programId: string): LedgerRules;
}

/** What a change is about, and what makes its entries the same if it came again. */
export interface Happening {
  readonly ref: string;
  readonly key: string;
}

/** What an entry changes. */
export interface Posting {
  readonly kind: EntryKind;
  readonly balance?: number;
  readonly pending?: number;
  readonly debt?: number;
  readonly lotId?: string;
  readonly allocations?: readonly Allocation[];
  readonly burnId?: string;
  readonly earned?: number;
  readonly burned?: number;
}

/** Accounts, lots and entries of some customers in memory: what is read from them, and how one entry more is made. */
export class PointsSheet {
  readonly nowMs: number;
  protected readonly parts: BookParts;
  readonly #accounts: Map<string, Account>;
  readonly #lots: Map<string, Lot>;
  readonly #entries: Entry[] = [];
  readonly #changedAccounts = new Set<string>();
  readonly #changedLots = new Set<string>();
  readonly #serials = new Map<string, number>();

  constructor(parts: BookParts) {
    this.parts = parts;
    this.nowMs = parts.nowMs;
    this.#accounts = new Map(parts.accounts.map((account) => [account.id, account]));
    this.#lots = new Map(parts.lots.map((lot) => [lot.id, lot]));
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get changedAccounts(): Account[] {
    return [...this.#changedAccounts].map((id) => this.account(id));
  }

  get changedLots(): Lot[] {
    return [...this.#changedLots].map((id) => this.lot(id));
  }

  account(id: string): Account {
    const account = this.#accounts.get(id);
    if (account === undefined) throw new Error(`account ${id} was not locked`);
    return account;
  }

  accountOf(programId: string, node: number): Account | undefined {
    return [...this.#accounts.values()].find((one) => one.programId === programId && one.node === node);
  }

  accountsOf(programId: string, profileId: string): Account[] {
    return [...this.#accounts.values()].filter((one) => one.programId === programId && one.profileId === profileId);
  }

  lot(id: string): Lot {
    const lot = this.#lots.get(id);
    if (lot === undefined) throw new Error(`lot ${id} was not read`);
    return lot;
  }

  lotOf(programId: string, sourceRef: string): Lot | undefined {
    return [...this.#lots.values()].find((lot) => lot.programId === programId && lot.sourceRef === sourceRef);
  }

  /** Everything the holder of an account has in its program. */
  standing(accountId: string): Standing {
    return standingOf(this.purse(accountId));
  }

  protected post(accountId: string, posting: Posting, { ref, key }: Happening): void {
    const { kind, balance = 0, pending = 0, debt = 0, earned = 0, burned = 0 } = posting;
    const before = this.account(accountId);
    this.putAccount({
      ...before,
      balance: before.balance + balance,
      pending: before.pending + pending,
      debt: before.debt + debt,
      lifetimeEarned: before.lifetimeEarned + earned,
      lifetimeBurned: before.lifetimeBurned + burned,
    });
    const after = this.standing(accountId);
    const serial = (this.#serials.get(key) ?? 0) + 1;
    this.#serials.set(key, serial);
    this.#entries.push({
      ...{ accountId, kind, ref, happening: key, idempotencyKey: `${key}#${serial}` },
      ...{ deltaBalance: balance, deltaPending: pending, deltaDebt: debt },
      ...{ lotId: posting.lotId ?? null, allocations: posting.allocations ?? [], burnId: posting.burnId ?? null },
      balanceAfter: after.balance - after.debt,
    });
  }

  protected putAccount(account: Account): void {
    this.#accounts.set(account.id, account);
    this.#changedAccounts.add(account.id);
  }

  protected putLot(lot: Lot): void {
    this.#lots.set(lot.id, { ...lot, version: lot.version + 1 });
    this.#changedLots.add(lot.id);
  }

  protected rules(accountId: string): LedgerRules {
    return this.parts.rulesOf(this.account(accountId).programId);
  }

  protected purse(accountId: string): Account[] {
    const { programId, profileId, ...own } = this.account(accountId);
    if (profileId === null) return [{ programId, profileId, ...own }];
    return this.accountsOf(programId, profileId);
  }

  protected liveLots(accountId: string): Lot[] {
    const ids = new Set(this.purse(accountId).map(({ id }) => id));
    return [...this.#lots.values()].filter((lot) => ids.has(lot.accountId) && isLive(lot));
  }
}
