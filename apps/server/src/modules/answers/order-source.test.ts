import { expect, it } from 'vitest';
import { answerShopping } from './answer-shopping.ts';
import { readShopEvent } from './shop-event.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
/** The book's voice is 1; shops with a server of their own are 2 and 3; 4 is a browser. */
const SOURCES = { book: 1, shops: new Set([2, 3]), booked: new Set(['shopify:a']) };
let serial = 0;
const completed = (source: number, properties: object, hoursAgo = 1) => {
  const at = NOW - hoursAgo * 3_600_000;
  return readShopEvent(
    { id: `m${++serial}`, name: 'Order Completed', at, source, properties: { ...properties } },
    SOURCES,
  )!;
};
const of = (product: string) => ({ order_id: '1001', products: [{ product_id: product, price: 5, quantity: 1 }] });
const told = (events: Parameters<typeof answerShopping>[0]['events']) =>
  answerShopping({ events }, [], NOW).orders.map(({ lines }) => lines.map(({ productId }) => productId));

it('two shops give an order the same number: it is two orders', () => {
  expect(told([completed(2, of('shoe'), 2), completed(3, of('hat'), 1)])).toEqual([['hat'], ['shoe']]);
});

it('a shop says its order again: it is one; so it is if a browser says it too, or the affiliation names the shop', () => {
  expect(told([completed(2, of('shoe'), 2), completed(4, of('shoe'), 1)])).toEqual([['shoe']]);
  expect(
    told([
      completed(1, { ...of('hat'), affiliation: 'shopify:a' }),
      completed(4, { ...of('hat'), affiliation: 'shopify:a' }),
    ]),
  ).toEqual([['hat']]);
});

it('what a browser says of a number that two shops have is of neither for certain', () => {
  const events = [completed(2, of('shoe'), 3), completed(3, of('hat'), 2), completed(4, of('sock'), 1)];
  expect(told(events)).toEqual([['sock'], ['hat'], ['shoe']]);
});

it('whose order it is: the affiliation only if the book knows it, or says so itself', () => {
  const sourceOf = (source: number, affiliation?: string) => completed(source, { ...of('x'), affiliation }).orderSource;
  expect([sourceOf(2), sourceOf(4), sourceOf(2, 'Google Store'), sourceOf(4, 'Google Store')]).toEqual([
    'events:2',
    undefined,
    'events:2',
    undefined,
  ]);
  expect([sourceOf(2, 'shopify:a'), sourceOf(1, 'pos:b'), sourceOf(1)]).toEqual(['shopify:a', 'pos:b', undefined]);
});
