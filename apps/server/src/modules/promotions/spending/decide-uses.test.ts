import { describe, expect, it } from 'vitest';
import { cartOf, lineOf, offerOf, percent } from '../terms/testing/carts.ts';
import { decideUses } from './decide-uses.ts';
import { judgeFact } from './judge-fact.ts';
import { Ledger } from './ledger.ts';

const NOW = Date.UTC(2026, 10, 22);
const cart = cartOf([lineOf('a')]);

describe('what codes are worth as terms and counts have it', () => {
  const [best, next] = [offerOf({ benefit: percent(50) }), offerOf({ benefit: percent(10) })];
  const spent = (redeemed: number, held: number) =>
    new Ledger({ codes: [{ id: best.couponId, perCode: 1, held, redeemed }], campaigns: [], profiles: [] });
  const decide = (ledger: Ledger) => decideUses({ cart, profileId: null, nowMs: NOW }, [best, next], ledger);

  it('of a code that is spent the next best of its group counts instead', () => {
    const decided = decide(spent(1, 0));
    expect(decided.discounts.map(({ offer }) => offer.code)).toEqual([next.code]);
    expect(decided.refused).toMatchObject([{ code: best.code, reason: 'used_up' }]);
    expect(decided.uses).toEqual([
      { codeId: next.couponId, campaignId: next.campaignId, profileId: null, amountMinor: 100, currency: 'EUR' },
    ]);
  });

  it('a code that another holds says so, and takes nothing', () => {
    expect(decide(spent(0, 1)).refused).toMatchObject([{ reason: 'held' }]);
    expect(decide(spent(0, 0)).discountMinor).toBe(500);
  });
});

describe('a redemption that has happened', () => {
  const told = {
    ...{ channel: 'pos', store: 'berlin', currency: 'EUR', amountMinor: 100, atMs: NOW, isOffline: true },
  };
  const offlineCap = { amountMinor: 100, currency: 'EUR' };
  const terms = { benefit: percent(10), offlineCap };

  it('is judged by the instant, place and cap, and by whose the code is', () => {
    expect(judgeFact(offerOf(terms), told)).toBeUndefined();
    expect(judgeFact(offerOf(terms), { ...told, amountMinor: 101 })).toBe('over_cap');
    expect(judgeFact(offerOf({ benefit: percent(10) }), told)).toBe('over_cap');
    expect(judgeFact(offerOf({ benefit: percent(10) }), { ...told, isOffline: false })).toBeUndefined();
    expect(judgeFact(offerOf(terms), { ...told, currency: 'USD' })).toBe('currency');
    expect(judgeFact(offerOf(terms, { isVoid: true }), told)).toBe('void');
    expect(judgeFact(offerOf(terms, { isHers: false }), told)).toBe('recipient');
    expect(judgeFact(offerOf({ ...terms, channels: ['web'] }), told)).toBe('channel');
    expect(judgeFact(offerOf({ ...terms, stores: ['bonn'] }), told)).toBe('store');
    expect(judgeFact(offerOf({ ...terms, stores: ['bonn'] }), { ...told, store: null })).toBeUndefined();
    const ended = { ...terms, expiresAt: new Date(NOW).toISOString() };
    expect(judgeFact(offerOf(ended), told)).toBe('expired');
    expect(judgeFact(offerOf(ended), { ...told, atMs: NOW - 1 })).toBeUndefined();
  });
});
