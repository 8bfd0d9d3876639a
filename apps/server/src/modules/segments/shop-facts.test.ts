import { segmentRuleSchema } from '@segue/contract';
import { describe, expect, it } from 'vitest';
import type { Sql } from '../../platform/postgres/index.ts';
import { compileFact, type FactLeaf } from './compile-fact.ts';
import { describeRule } from './describe.ts';
import type { Facts } from './facts.ts';
import { matchesProduct, type ProductFacts } from './product-match.ts';
import { defineShopFacts, loadShopFacts } from './shop-facts.ts';

const TEE: ProductFacts = {
  productIds: ['prd_1', '632910392'],
  variantIds: ['var_1', '808950810'],
  sku: 'TEE-M',
  collections: ['Shirts', 'Summer'],
  vendor: 'Atelier',
  type: 'Shirt',
  tags: ['organic'],
};
const MUG: ProductFacts = { ...TEE, productIds: ['9'], variantIds: [], sku: 'MUG', collections: [], tags: [] };
const CAMPAIGN = `cpc_${'1'.repeat(32)}`;

const one = <T>(value: T) => Promise.resolve(new Map([['ada', value]]));
defineShopFacts({
  orders: () => one({ bought: [{ product: TEE, quantity: 3 }], states: new Set(['open', 'unfulfilled'] as const) }),
  baskets: () =>
    one([
      { kind: 'cart', product: MUG, isInStock: false },
      { kind: 'wishlist', product: TEE, isInStock: true },
    ]),
  points: () =>
    one([
      { program: 'club', balance: 500, pending: 40, lifetime: 900 },
      { program: 'staff', balance: 20, pending: 0, lifetime: 20 },
    ]),
  coupons: () => one([{ campaignId: CAMPAIGN, states: new Set(['assigned'] as const) }]),
});

async function holds(leaf: FactLeaf, profileId = 'ada'): Promise<boolean> {
  expect(segmentRuleSchema.safeParse(leaf).error?.issues).toBeUndefined();
  const { fact, holds: test } = compileFact(leaf);
  const load = await loadShopFacts({ sql: {} as Sql, workspaceId: 1, profileIds: ['ada'] }, (name) => name === fact);
  return test(load(profileId) as Facts);
}

describe('a leaf about the shop', () => {
  it.each<[FactLeaf, boolean]>([
    [{ bought: { collection: 'shirts' } }, true],
    [{ bought: { collection: 'shirts', atLeast: 4 } }, false],
    [{ bought: { sku: 'MUG' } }, false],
    [{ order: ['open', 'refunded'] }, true],
    [{ order: ['cancelled'] }, false],
    [{ basket: 'cart' }, true],
    [{ basket: 'cart', inStock: true }, false],
    [{ basket: 'wishlist', holds: { tag: 'ORGANIC' }, inStock: true }, true],
    [{ basket: 'viewed' }, false],
    [{ points: { atLeast: 520 } }, true],
    [{ points: { program: 'club', atLeast: 501 } }, false],
    [{ points: { of: 'lifetime', program: 'club', atLeast: 900, atMost: 900 } }, true],
    [{ coupon: { campaign: CAMPAIGN, state: ['assigned'] } }, true],
    [{ coupon: { campaign: CAMPAIGN, state: ['redeemed'] } }, false],
  ])('%j is %s', async (leaf, expected) => {
    expect(await holds(leaf)).toBe(expected);
  });

  it('holds of nobody of whom nothing is known, but for points that may be none', async () => {
    expect(await holds({ bought: {} }, 'bob')).toBe(false);
    expect(await holds({ points: { atMost: 0 } }, 'bob')).toBe(true);
  });

  it('asks nobody for what no rule reads, and refuses to guess what was not loaded', async () => {
    const load = await loadShopFacts({ sql: {} as Sql, workspaceId: 1, profileIds: ['ada'] }, () => false);
    expect(() => load('ada').points('balance', undefined)).toThrow('$points was not loaded');
  });

  it('says itself in a sentence', () => {
    const sentence = (rule: FactLeaf) => describeRule(rule).replace(/^Profiles for which (.*)\.$/, '$1');
    expect(sentence({ bought: { collection: 'Shirts', atLeast: 2 } })).toBe(
      'the profile has bought 2 or more pieces of a product of the collection "Shirts" and kept it',
    );
    expect(sentence({ basket: 'wishlist', inStock: false })).toBe('a product that is sold out is on the wish list');
    expect(sentence({ order: ['unpaid', 'open'] })).toBe('the profile has an order that is not paid or open');
    expect(sentence({ points: { atLeast: 5, atMost: 9, program: 'club' } })).toBe(
      'the profile has at least 5 and at most 9 points to spend of "club"',
    );
    expect(sentence({ coupon: { campaign: CAMPAIGN, state: ['redeemed'] } })).toBe(
      `the profile has redeemed a coupon of ${CAMPAIGN}`,
    );
  });

  it('names what is wrong with it', () => {
    const faults = (rule: unknown) => segmentRuleSchema.safeParse(rule).error?.issues.map(({ message }) => message);
    expect(faults({ points: {} })).toEqual(['rule.points: give atLeast, atMost or both']);
    expect(faults({ basket: 'trolley' })).toEqual(['rule.basket: choose one of cart, wishlist, viewed']);
    expect(faults({ bought: { colour: 'red' } })?.[0]).toContain('rule.bought');
    expect(faults({ order: [] })).toEqual(['rule.order: give at least one state']);
  });
});

it('a product is meant by everything that is said of it, and by nothing said any', () => {
  expect(matchesProduct({}, MUG)).toBe(true);
  expect(matchesProduct({ product: '632910392', variant: 'var_1', vendor: 'atelier', type: 'shirt' }, TEE)).toBe(true);
  expect(matchesProduct({ product: '632910392', sku: 'tee-m' }, TEE)).toBe(false);
});
