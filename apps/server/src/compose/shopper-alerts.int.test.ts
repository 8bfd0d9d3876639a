import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../platform/eventlog/index.ts';
import { parsePublicId } from '../platform/ids/index.ts';
import { listAllLocations, recordMovements } from '../modules/inventory/index.ts';
import { trackEvent } from '../modules/events/testing/world.ts';
import { type BasketWorld, openBasketWorld } from './testing/basket-world.ts';

let shop: BasketWorld;
beforeAll(async () => {
  shop = await openBasketWorld();
  await inTransaction(shop.world.ctx, async (ctx) => {
    const [store] = await listAllLocations(ctx.sql, ctx.workspaceId);
    const variantId = parsePublicId('var', shop.tee)!;
    const sold = { variantId, locationId: store!.id, field: 'on_hand' as const, delta: -5, reason: 'sold' };
    await recordMovements(ctx, [sold]);
  });
});
afterAll(() => shop.close());

interface Told {
  readonly id: string;
  readonly items: readonly { readonly state: string; readonly source: string; readonly type: string }[];
}
const alertsOf = async (profileId: string) =>
  ((await shop.till(`/api/v1/alerts?profileId=${profileId}`)).body as unknown as Told).items;

describe('an alert that a browser asks for', () => {
  it('is the customer’s whose device it is, once, until the device takes it back', async () => {
    const profileId = await shop.customer('ada');
    await shop.tell(trackEvent({ userId: 'ada', anonymousId: 'ada-phone' }));
    const wish = { anonymousId: 'ada-phone', type: 'restock', sku: 'TEE' };
    const first = await shop.device('/v1/alerts', wish);
    expect(first).toMatchObject({ status: 201, body: { type: 'restock', variantId: shop.tee, channel: 'web' } });
    expect(first.body).not.toHaveProperty('profileId');
    expect((await shop.device('/v1/alerts', wish)).body).toEqual(first.body);
    expect(await alertsOf(profileId)).toMatchObject([{ state: 'active', source: 'device' }]);
    const { id } = first.body as unknown as Told;
    expect(await shop.device(`/v1/alerts/${id}/cancel`, {})).toMatchObject({ status: 200 });
    expect(await alertsOf(profileId)).toMatchObject([{ state: 'cancelled' }]);
  });

  it('for a device nobody is known by, for another customer by name, or without a write key is refused, with the field', async () => {
    const wish = { anonymousId: 'nobody-s-phone', type: 'restock', sku: 'TEE' };
    const unknown = await shop.device('/v1/alerts', wish);
    expect(unknown).toMatchObject({ status: 400, body: { errors: [{ field: 'identifier' }] } });
    const named = await shop.device('/v1/alerts', { ...wish, identifier: 'userId:ada' });
    expect(named).toMatchObject({ status: 400, body: { errors: [{ field: 'identifier' }] } });
    expect(await shop.device('/v1/alerts', { type: 'restock', sku: 'TEE' })).toMatchObject({
      ...{ status: 400, body: { errors: [{ field: 'anonymousId' }] } },
    });
    expect((await shop.world.post('/v1/alerts', wish)).status).toBe(401);
    expect(await shop.device('/v1/alerts/alt_x/cancel', {})).toMatchObject({ status: 404 });
  });
});
