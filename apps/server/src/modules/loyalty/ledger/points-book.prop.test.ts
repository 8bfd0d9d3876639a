import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Account } from './account.ts';
import type { Allocation, Entry } from './entry.ts';
import type { Lot } from './lot.ts';
import { PointsBook } from './points-book.ts';
import type { LedgerRules } from './points-sheet.ts';

const DAY_MS = 24 * 60 * 60_000;
const START = Date.UTC(2026, 10, 22);
const PROFILES = ['ada', 'bob'];
/** Ada has two accounts, as after a merge. */
const ACCOUNTS = [
  ['a1', 'ada'],
  ['a2', 'ada'],
  ['b1', 'bob'],
] as const;

function account([id, profileId]: (typeof ACCOUNTS)[number], node: number): Account {
  const none = { balance: 0, pending: 0, debt: 0, lifetimeEarned: 0, lifetimeBurned: 0, activeAtMs: null };
  return { id, programId: 'p', profileId, node, ...none };
}

type Step =
  | { kind: 'wait'; days: number }
  | { kind: 'earn'; who: number; points: number; waits: number; lasts: number | null; source: number }
  | { kind: 'takeBack'; source: number; points: number }
  | { kind: 'burn'; who: number; points: number }
  | { kind: 'restore'; burn: number; points: number }
  | { kind: 'adjust'; who: number; points: number }
  | { kind: 'settle'; who: number };

const who = fc.nat({ max: ACCOUNTS.length - 1 });
const points = fc.integer({ min: 1, max: 60 });
const often = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });
const step: fc.Arbitrary<Step> = fc.oneof(
  often(1, fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 20 }) })),
  often(
    5,
    fc.record({
      kind: fc.constant('earn' as const),
      ...{ who, points, waits: fc.constantFrom(0, 0, 0, 3, 10), source: fc.nat({ max: 12 }) },
      lasts: fc.option(fc.integer({ min: 11, max: 60 }), { nil: null }),
    }),
  ),
  often(1, fc.record({ kind: fc.constant('takeBack' as const), source: fc.nat({ max: 12 }), points })),
  often(4, fc.record({ kind: fc.constant('burn' as const), who, points })),
  often(2, fc.record({ kind: fc.constant('restore' as const), burn: fc.nat({ max: 5 }), points })),
  often(1, fc.record({ kind: fc.constant('adjust' as const), who, points })),
  often(1, fc.record({ kind: fc.constant('settle' as const), who })),
);

/** What the engine would keep between two transactions. */
class Kept {
  accounts: Account[] = ACCOUNTS.map((one, at) => account(one, at + 1));
  lots: Lot[] = [];
  entries: Entry[] = [];
  now = START;
  serial = 0;
  readonly burns: { id: string; accountId: string; points: number; spent: Allocation[] }[] = [];
  readonly rules: LedgerRules;

  constructor(graceDays: number) {
    this.rules = { graceDays, noticeDays: 5, inactivityDays: null };
  }

  open(): PointsBook {
    const { accounts, lots, now, rules } = this;
    return new PointsBook({ nowMs: now, newId: () => `lot-${++this.serial}`, accounts, lots, rulesOf: () => rules });
  }

  /** One transaction; answers what it entered. */
  act<T>(work: (book: PointsBook, key: string) => T): { result: T; entries: readonly Entry[] } {
    const book = this.open();
    const result = work(book, `k${++this.serial}`);
    const put = <V extends { id: string }>(all: V[], changed: readonly V[]) => [
      ...all.filter(({ id }) => changed.every((one) => one.id !== id)),
      ...changed,
    ];
    this.accounts = put(this.accounts, book.changedAccounts);
    this.lots = put(this.lots, book.changedLots);
    this.entries.push(...book.entries);
    return { result, entries: book.entries };
  }
}

function run(kept: Kept, one: Step): void {
  const id = (at: number) => ACCOUNTS[at]![0];
  switch (one.kind) {
    case 'wait':
      kept.now += one.days * DAY_MS;
      kept.act((book) => kept.accounts.forEach((account) => book.refresh(account.id)));
      return;
    case 'earn': {
      const { now } = kept;
      const dates = {
        availableAtMs: now + one.waits * DAY_MS,
        expiresAtMs: one.lasts === null ? null : now + one.lasts * DAY_MS,
      };
      const sourceRef = `s${one.source}`;
      kept.act((book, key) => book.earn(id(one.who), { sourceRef, points: one.points, dates, ref: sourceRef, key }));
      return;
    }
    case 'takeBack': {
      const lot = kept.lots.find(({ sourceRef }) => sourceRef === `s${one.source}`);
      if (lot === undefined) return;
      const due = Math.min(one.points, lot.earned);
      kept.act((book, key) => book.takeBack(lot.id, due, { ref: 'back', key }));
      return;
    }
    case 'burn': {
      const burnId = `burn-${kept.burns.length}`;
      const before = naive(kept, ACCOUNTS[one.who]![1]);
      const { result, entries } = kept.act((book, key) =>
        book.burn(id(one.who), one.points, { ref: burnId, key, burnId }),
      );
      expect(result.kind).toBe(before.balance >= one.points ? 'burned' : 'short');
      if (result.kind === 'short') return;
      const taken = entries.filter(({ kind }) => kind === 'burn').flatMap(({ allocations }) => allocations);
      expect(sumByLot(taken)).toEqual(byHand(before.lots, one.points));
      const spent = taken.map(({ lotId, quantity }) => ({ lotId, quantity: -quantity }));
      kept.burns.push({ id: burnId, accountId: id(one.who), points: one.points, spent });
      return;
    }
    case 'restore': {
      const burn = kept.burns[one.burn];
      if (burn === undefined || burn.points === 0) return;
      const due = Math.min(one.points, burn.points);
      const spent = [...sumSpent(burn.spent)].map(([lotId, quantity]) => ({ lotId, quantity }));
      const dates = { availableAtMs: kept.now, expiresAtMs: null };
      const lots = spent.map(({ lotId, quantity }) => ({
        ...kept.lots.find((lot) => lot.id === lotId)!,
        remaining: quantity,
      }));
      const stays = byHand(lots, burn.points - due);
      const { entries } = kept.act((book, key) =>
        book.restore(burn.accountId, due, { ref: burn.id, key, burnId: burn.id, spent, dates }),
      );
      const back = entries.filter(({ kind }) => kind === 'refund_burn').flatMap(({ allocations }) => allocations);
      // As if fewer had been spent: what stays spent is what ends first.
      const left = spent.map(({ lotId, quantity }) => {
        const returned = back.find((one) => one.lotId === lotId)?.quantity ?? 0;
        return [lotId, quantity - returned] as const;
      });
      expect(Object.fromEntries(left.filter(([, quantity]) => quantity > 0))).toEqual(stays);
      burn.points -= due;
      burn.spent.push(...back.map(({ lotId, quantity }) => ({ lotId, quantity: -quantity })));
      return;
    }
    case 'adjust': {
      const before = naive(kept, ACCOUNTS[one.who]![1]);
      const { result } = kept.act((book, key) =>
        book.remove(id(one.who), one.points, { kind: 'adjust', ref: 'x', key }),
      );
      expect(result.kind).toBe(before.balance >= one.points ? 'removed' : 'short');
      return;
    }
    case 'settle':
      kept.act((book, key) => book.settle(id(one.who), { ref: 'merge', key }));
  }
}

function sumSpent(parts: readonly Allocation[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { lotId, quantity } of parts) sums.set(lotId, (sums.get(lotId) ?? 0) + quantity);
  return new Map([...sums].filter(([, quantity]) => quantity > 0));
}

function sumByLot(parts: readonly Allocation[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { lotId, quantity } of parts) sums[lotId] = (sums[lotId] ?? 0) - quantity;
  return sums;
}

/** What somebody can spend at this instant, with paper and pencil: what is due is done first. */
function naive(kept: Kept, profileId: string): { balance: number; lots: Lot[] } {
  const ids = new Set(kept.accounts.filter((one) => one.profileId === profileId).map(({ id }) => id));
  const debt = kept.accounts.filter((one) => one.profileId === profileId).reduce((sum, one) => sum + one.debt, 0);
  const lots = kept.lots.filter(
    (lot) =>
      ids.has(lot.accountId) &&
      lot.remaining > 0 &&
      (lot.state === 'active' || lot.availableAtMs <= kept.now) &&
      (lot.expiresAtMs === null || lot.expiresAtMs > kept.now),
  );
  // Of who owes nothing is active yet that could be spent: waits do what is due at once.
  const balance = lots.reduce((sum, { remaining }) => sum + remaining, 0);
  return { balance: Math.max(0, balance - debt), lots };
}

/** Point after point out of the lot that ends first. */
function byHand(lots: readonly Lot[], wanted: number): Record<string, number> {
  const left = new Map(lots.map((lot) => [lot, lot.remaining]));
  const taken: Record<string, number> = {};
  for (let n = 0; n < wanted; n++) {
    const open = [...left].filter(([, remaining]) => remaining > 0).map(([lot]) => lot);
    const [first] = open.sort(
      (a, b) =>
        (a.expiresAtMs ?? Number.MAX_VALUE) - (b.expiresAtMs ?? Number.MAX_VALUE) ||
        a.availableAtMs - b.availableAtMs ||
        (a.id < b.id ? -1 : 1),
    );
    if (first === undefined) throw new Error('there are too few');
    left.set(first, left.get(first)! - 1);
    taken[first.id] = (taken[first.id] ?? 0) + 1;
  }
  return taken;
}

function expectSound(kept: Kept): void {
  for (const one of kept.accounts) {
    const lots = kept.lots.filter(({ accountId }) => accountId === one.id);
    const sum = (state: Lot['state']) =>
      lots.filter((lot) => lot.state === state).reduce((all, { remaining }) => all + remaining, 0);
    const entries = kept.entries.filter(({ accountId }) => accountId === one.id);
    const total = (of: 'deltaBalance' | 'deltaPending' | 'deltaDebt') =>
      entries.reduce((all, entry) => all + entry[of], 0);
    expect([one.balance, one.pending, one.debt]).toEqual([
      total('deltaBalance'),
      total('deltaPending'),
      total('deltaDebt'),
    ]);
    expect([one.balance, one.pending]).toEqual([sum('active'), sum('pending')]);
    expect(Math.min(one.balance, one.pending, one.debt)).toBeGreaterThanOrEqual(0);
  }
  for (const lot of kept.lots) {
    expect(lot.remaining).toBeGreaterThanOrEqual(0);
    expect(lot.remaining + lot.expired).toBeLessThanOrEqual(lot.earned);
    expect(lot.remaining > 0).toBe(lot.state === 'active' || lot.state === 'pending');
  }
  for (const profileId of PROFILES) {
    const own = kept.accounts.filter((one) => one.profileId === profileId);
    const [balance, debt] = [
      own.reduce((all, one) => all + one.balance, 0),
      own.reduce((all, one) => all + one.debt, 0),
    ];
    expect(Math.min(balance, debt)).toBe(0);
  }
  const keys = kept.entries.map(({ idempotencyKey }) => idempotencyKey);
  expect(new Set(keys).size).toBe(keys.length);
}

describe('a ledger of points', () => {
  it('adds up after anything: entries, lots and balance say the same, nobody spends what is not there, what is spent ends first and comes back where it was', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
        fc.nat({ max: 3 }),
        (steps, graceDays) => {
          const kept = new Kept(graceDays);
          for (const one of steps) {
            run(kept, one);
            expectSound(kept);
          }
        },
      ),
      { numRuns: propertyRuns(200) },
    );
  });
});
