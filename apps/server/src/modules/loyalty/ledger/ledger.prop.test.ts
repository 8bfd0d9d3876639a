import fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import { EMPTY_PURSE, type Entry, Ledger } from './ledger.ts';

type Step =
  | {
      readonly do: 'earn';
      readonly source: number;
      readonly quantity: number;
      readonly waits: boolean;
      readonly ends: number | null;
    }
  | { readonly do: 'burn' | 'restore'; readonly ref: number; readonly quantity: number }
  | { readonly do: 'reverse'; readonly source: number; readonly quantity: number; readonly forgives: boolean }
  | { readonly do: 'activate' | 'expire'; readonly lot: number };

const quantity = fc.integer({ min: 1, max: 60 });
const few = fc.integer({ min: 0, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('earn' as const),
    source: few,
    quantity,
    waits: fc.boolean(),
    ends: fc.option(fc.integer({ min: 1, max: 5 })),
  }),
  fc.record({ do: fc.constantFrom('burn' as const, 'restore' as const), ref: few, quantity }),
  fc.record({ do: fc.constant('reverse' as const), source: few, quantity, forgives: fc.boolean() }),
  fc.record({ do: fc.constantFrom('activate' as const, 'expire' as const), lot: fc.integer({ min: 0, max: 10 }) }),
);

it('the balance is what is left in active lots and the sum of its entries, and so is what waits', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const ledger = new Ledger(EMPTY_PURSE);
      const entries = (): readonly Entry[] => ledger.entries;
      for (const [at, one] of steps.entries()) {
        const before = ledger.purse;
        const key = `k${at}`;
        switch (one.do) {
          case 'earn':
            ledger.earn(
              {
                ...{
                  id: `lot${String(at).padStart(2, '0')}`,
                  accountId: `a${one.source % 2}`,
                  sourceRef: `s${one.source}`,
                  earned: one.quantity,
                },
                ...{ availableAtMs: one.waits ? 10 : 0, expiresAtMs: one.ends },
              },
              { key, nowMs: 5 },
            );
            break;
          case 'burn': {
            const isDone = ledger.burn(one.quantity, { ref: `r${one.ref}-${at}`, key });
            expect(isDone).toBe(one.quantity <= before.balance);
            break;
          }
          case 'restore': {
            const ref = before.allocations[one.ref]?.ref ?? 'none';
            const open = before.allocations
              .filter((a) => a.ref === ref)
              .reduce((sum, a) => sum + a.quantity - a.restored, 0);
            expect(ledger.restore(one.quantity, { ref, key })).toBe(Math.min(one.quantity, open));
            break;
          }
          case 'reverse':
            ledger.reverse(one.quantity, {
              accountId: `a${one.source % 2}`,
              sourceRef: `s${one.source}`,
              key,
              forgives: one.forgives,
            });
            break;
          case 'activate':
          case 'expire': {
            const lot = before.lots[one.lot];
            if (lot !== undefined) ledger[one.do](lot.id);
          }
        }
        const { purse: account } = ledger;
        const sum = (of: (entry: Entry) => number) => entries().reduce((all, entry) => all + of(entry), 0);
        const left = (state: string) =>
          account.lots.filter((lot) => lot.state === state).reduce((all, lot) => all + lot.remaining, 0);
        expect(account.balance).toBe(left('active'));
        expect(account.pending).toBe(left('pending'));
        expect(account.balance).toBe(sum((entry) => entry.deltaBalance));
        expect(account.pending).toBe(sum((entry) => entry.deltaPending));
        expect(account.debt).toBe(sum((entry) => entry.deltaDebt));
        expect(account.balance).toBeGreaterThanOrEqual(0);
        expect(account.debt).toBeGreaterThanOrEqual(0);
        // Of each account by itself too.
        for (const id of ['a0', 'a1']) {
          const own = (of: (entry: Entry) => number) => sum((entry) => (entry.accountId === id ? of(entry) : 0));
          const lots = account.lots.filter((lot) => lot.accountId === id && lot.state === 'active');
          expect(own((entry) => entry.deltaBalance)).toBe(lots.reduce((all, lot) => all + lot.remaining, 0));
          expect(own((entry) => entry.deltaDebt)).toBe(account.debts.get(id) ?? 0);
          expect(account.debts.get(id) ?? 0).toBeGreaterThanOrEqual(0);
        }
        for (const lot of account.lots) {
          expect(lot.remaining).toBeGreaterThanOrEqual(0);
          expect(lot.remaining).toBeLessThanOrEqual(lot.earned);
        }
        for (const one of account.allocations) expect(one.restored).toBeLessThanOrEqual(one.quantity);
      }
      const keys = entries().map((entry) => `${entry.accountId}/${entry.key}`);
      expect(new Set(keys).size).toBe(keys.length);
    }),
    { numRuns: propertyRuns(3_000) },
  );
});
