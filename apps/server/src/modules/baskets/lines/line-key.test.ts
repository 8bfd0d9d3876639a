import { expect, it } from 'vitest';
import type { VariantRow } from '../../catalog/index.ts';
import { lineKeyOf, namesOfKey } from './line-key.ts';

const variant = { id: '0193a000-0000-7000-8000-000000000001', productId: '0193a000-0000-7000-8000-000000000002' };
const known = variant as VariantRow;

it('the same thing has one key, whoever names it however; its forms have their own', () => {
  const key = 'var_0193a000000070008000000000000001';
  for (const names of [{ variantId: 'shop-1' }, { sku: 'TEE' }, { productId: 'p' }])
    expect(lineKeyOf('cart', names, known)).toBe(key);
  expect(lineKeyOf('cart', { sku: 'TEE', detail: 'Ada' }, known)).toBe(`${key}#Ada`);
  expect(lineKeyOf('viewed', { sku: 'TEE' }, known)).toBe('prd_0193a000000070008000000000000002');
});

it('what the catalog does not know is told apart by its own names, and a key leads back to them', () => {
  for (const names of [{ variantId: 'v:1' }, { sku: 'a-b' }, { productId: 'p' }, { sku: 'S', detail: 'x#y' }])
    expect(namesOfKey(lineKeyOf('cart', names, undefined)!)).toEqual(names);
  expect(lineKeyOf('cart', {}, undefined)).toBeUndefined();
  expect(namesOfKey('anything')).toBeUndefined();
});
