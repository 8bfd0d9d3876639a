import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trackEvent } from '../events/testing/world.ts';
import { type BasketWorld, openBasketWorld } from './testing/basket-world.ts';

let shop: BasketWorld;
beforeAll(async () => {
  shop = await openBasketWorld();
});
afterAll(() => shop.close());

const quantities = (basket: { lines: { key: string; quantity: number }[] }) =>
  Object.fromEntries(basket.lines.map(({ key, quantity }) => [key, quantity]));

describe('a cart', () => {
  it('begun on a phone is on the till, with the prices of now beside those she saw', async () => {
    const profileId = await shop.customer('ada');
    const phone = await shop.device('/v1/baskets', { kind: 'cart', anonymousId: 'ada-phone' });
    expect(phone).toMatchObject({ status: 201, body: { basket: { kind: 'cart', version: 1, lines: [] } } });
    const { token, basket } = phone.body;
    const added = await shop.device(`/v1/baskets/${token}/lines`, {
      basketId: basket.id,
      lines: [
        { variantId: shop.tee, quantity: 2 },
        { sku: 'MUG', quantity: 1, note: 'blue' },
      ],
    });
    expect(added).toMatchObject({ status: 200, body: { total: { amountMinor: 4848, currency: 'EUR' } } });
    const linked = await shop.till('/api/v1/baskets/link', { token, identifier: 'userId:ada' });
    expect(linked).toMatchObject({ status: 200, body: { id: basket.id, isLinked: true, profileId } });
    const { body } = await shop.till('/api/v1/baskets?identifier=userId:ada');
    expect(body.baskets).toHaveLength(1);
    expect(body.baskets[0]).toMatchObject({ id: basket.id });
    const lines = body.baskets[0].lines.toSorted((a: { name: string }, b: { name: string }) =>
      a.name < b.name ? -1 : 1,
    );
    expect(lines).toMatchObject([
      { name: 'Mug', quantity: 1, note: 'blue', isInStock: true },
      { name: 'Tee', quantity: 2, priceWhenAdded: { amountMinor: 1999 }, price: { amountMinor: 1999 } },
    ]);
    const removed = await shop.till(`/api/v1/baskets/${basket.id}/lines`, {
      lines: [{ key: shop.mug, quantity: 0 }],
    });
    expect(quantities(removed.body.basket)).toEqual({ [shop.tee]: 2 });
    const seen = await shop.device(`/v1/baskets/${token}?since=${added.body.version}`);
    expect(seen.body).toMatchObject({ isWhole: false, lines: [{ key: shop.mug, quantity: 0 }] });
  });
});
