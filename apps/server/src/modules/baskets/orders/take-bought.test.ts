import { describe, expect, it } from 'vitest';
import type { Line } from '../lines/line.ts';
import { takeBought } from './take-bought.ts';

const line = (key: string, fields: Partial<Line> = {}): [string, Line] => [
  key,
  {
    ...{ key, variantId: null, productRef: null, variantRef: null, sku: key, name: null, quantity: 2, note: null },
    ...{ price: null, addedAtMs: 1, saidAtMs: 1, saidBy: 'phone' },
    ...fields,
  },
];
const bought = (sku: string, quantity: number) => ({
  variantId: null,
  productRef: null,
  variantRef: null,
  sku,
  quantity,
});

describe('what an order takes out of a cart', () => {
  it('is what was bought, from one line after the other, and what lay elsewhere is answered', () => {
    const lines = new Map([line('a'), line('a#engraved', { sku: 'a', quantity: 1 }), line('b')]);
    const { changed, rest } = takeBought(lines, { lines: [bought('a', 4), bought('c', 1)], placedAtMs: 5 });
    expect(changed.map(({ key, quantity }) => [key, quantity])).toEqual([
      ['a', 0],
      ['a#engraved', 0],
    ]);
    expect(rest.map(({ sku, quantity }) => [sku, quantity])).toEqual([
      ['a', 1],
      ['c', 1],
    ]);
  });

  it('is nothing that was said after the order was placed', () => {
    const lines = new Map([line('a', { saidAtMs: 6 })]);
    expect(takeBought(lines, { lines: [bought('a', 1)], placedAtMs: 5 }).changed).toEqual([]);
  });

  it('stays taken when the word that put it there comes again', () => {
    const lines = new Map([line('a', { saidAtMs: 5 })]);
    const [gone] = takeBought(lines, { lines: [bought('a', 2)], placedAtMs: 5 }).changed;
    expect(gone).toMatchObject({ quantity: 0, saidAtMs: 5, saidBy: 'phone~' });
  });

  it('is told apart by the strongest name that both know', () => {
    const lines = new Map([line('x', { variantId: 'v1', sku: 'same' }), line('y', { variantId: 'v2', sku: 'same' })]);
    const order = { lines: [{ ...bought('same', 1), variantId: 'v2' }], placedAtMs: 5 };
    expect(takeBought(lines, order).changed).toMatchObject([{ key: 'y', quantity: 1 }]);
  });
});
