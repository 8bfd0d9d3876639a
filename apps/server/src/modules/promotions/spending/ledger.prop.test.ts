import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Counts, Ledger, type Use } from './ledger.ts';

const CAMPAIGN = 'campaign';
const limit = fc.integer({ min: 1, max: 4 });
const budget = fc.option(fc.integer({ min: 0, max: 500 }).map((amountMinor) => ({ amountMinor, currency: 'EUR' })));

const counts: fc.Arbitrary<Counts> = fc
  .record({ perCode: limit, total: fc.option(limit), budget, allowed: limit, over: fc.nat(2) })
  .map(({ perCode, total, budget: money, allowed, over }) => ({
    codes: [{ id: 'a', perCode, held: 0, redeemed: 0 }],
    campaigns: [{ id: CAMPAIGN, total, budget: money, held: 0, redeemed: 0, budgetHeld: 0, budgetUsed: 0 }],
    profiles: [{ campaignId: CAMPAIGN, profileId: 'p', allowed, used: over > 0 ? allowed : 0, over }],
  }));

const use: fc.Arbitrary<Use> = fc.record({
  codeId: fc.constantFrom('a', 'unlimited'),
  campaignId: fc.constant(CAMPAIGN),
  profileId: fc.constantFrom('p', 'other', null),
  amountMinor: fc.integer({ min: 0, max: 200 }),
  currency: fc.constantFrom('EUR', 'USD'),
});
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('hold', 'redeem', 'pay', 'release', 'void'),
    use,
    at: fc.nat(20),
    more: fc.nat(200),
  }),
  { maxLength: 60 },
);

it('whatever is taken, paid and given back, nothing is beyond a limit and the counts are what is held and redeemed', () => {
  fc.assert(
    fc.property(counts, steps, (before, all) => {
      const ledger = new Ledger(before);
      const held: Use[] = [];
      const redeemed: Use[] = [];
      const out = (list: Use[], at: number) => list.splice(at % Math.max(1, list.length), 1)[0];
      for (const { kind, use: wanted, at, more } of all) {
        if (kind === 'hold' && ledger.take(wanted, 'held') === undefined) held.push(wanted);
        if (kind === 'redeem' && ledger.take(wanted, 'redeemed') === undefined) redeemed.push(wanted);
        const released = kind === 'release' ? out(held, at) : undefined;
        if (released !== undefined) ledger.giveBack(released, 'held');
        const voided = kind === 'void' ? out(redeemed, at) : undefined;
        if (voided !== undefined) ledger.giveBack(voided, 'redeemed');
        const paid = kind === 'pay' ? out(held, at) : undefined;
        const isPaid = paid !== undefined && ledger.redeem(paid, more) === undefined;
        if (paid !== undefined) (isPaid ? redeemed : held).push({ ...paid, ...(isPaid && { amountMinor: more }) });
        const { codes, campaigns, profiles, tallies } = ledger.changes();
        const code = codes[0] ?? { held: 0, redeemed: 0 };
        const ofCode = (list: readonly Use[]) => list.filter(({ codeId }) => codeId === 'a').length;
        expect(code).toMatchObject({ held: ofCode(held), redeemed: ofCode(redeemed) });
        expect(code.held + code.redeemed).toBeLessThanOrEqual(before.codes[0]!.perCode);
        const campaign = campaigns[0] ?? { held: 0, redeemed: 0, budgetHeld: 0, budgetUsed: 0 };
        const { total, budget: money } = before.campaigns[0]!;
        expect(campaign).toMatchObject({ held: held.length, redeemed: redeemed.length });
        expect(campaign.held + campaign.redeemed).toBeLessThanOrEqual(total ?? Infinity);
        const sum = (list: readonly Use[]) =>
          list.reduce((added, one) => added + (one.currency === money?.currency ? one.amountMinor : 0), 0);
        expect([campaign.budgetHeld, campaign.budgetUsed]).toEqual([sum(held), sum(redeemed)]);
        expect(campaign.budgetHeld + campaign.budgetUsed).toBeLessThanOrEqual(money?.amountMinor ?? Infinity);
        const start = before.profiles[0]!;
        const change = profiles[0] ?? { used: 0, over: 0 };
        const hers = [...held, ...redeemed].filter(({ profileId }) => profileId === 'p').length;
        expect(change.used + change.over).toBe(hers);
        expect(start.used + change.used).toBeLessThanOrEqual(start.allowed);
        expect(start.over + change.over).toBeGreaterThanOrEqual(0);
        expect(tallies.reduce((added, one) => added + one.redeemed, 0)).toBe(redeemed.length);
      }
    }),
    { numRuns: propertyRuns(500) },
  );
});
