import fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import { fulfillableOf, paidOf, refundedOf, totalsOf } from './order-money.ts';
import { createShopifyShop } from './shopify-shop.ts';
import { bindShopifyVerbs } from './shopify-verbs.ts';
import { writeJson } from './write-json.ts';

const identity = {
  ...{ id: '1', domain: 'snowdevil.myshopify.com', name: 'Snowdevil', currency: 'USD' },
  ...{ utcOffsetMinutes: -300, taxHundredths: 600 },
};

const step = fc.record({
  verb: fc.constantFrom('order', 'order', 'order', 'fulfil', 'refund', 'cancel', 'set', 'pay'),
  which: fc.nat(20),
  quantity: fc.integer({ min: 1, max: 6 }),
  restock: fc.constantFrom('return' as const, 'cancel' as const, 'no_restock' as const),
  isTwice: fc.boolean(),
  payment: fc.constantFrom('paid' as const, 'authorized' as const),
});

test('whatever shoppers do, nothing is sold below 0, committed is what is not sent yet, and no more is refunded than was paid', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), (steps, seed) => {
      const shop = createShopifyShop({
        identity,
        clock: { now: () => 0 },
        seed,
        tell: (_head, _topic, payload) => void writeJson(payload),
      });
      const verbs = bindShopifyVerbs(shop);
      const places = ['A', 'B'].map((name) => verbs.addLocation({ name }).id);
      const stock = Object.fromEntries(places.map((id) => [id, 3]));
      verbs.addDiscount({ code: 'TEN', percent: 10, usageLimit: 3 });
      const product = verbs.addProduct({
        title: 'Mug',
        variants: [
          { sku: 'A', price: '3.33', stock },
          { sku: 'B', price: '7.01', stock },
        ],
      });
      for (const { verb, which, quantity, restock, isTwice, payment } of steps) {
        const variantId = product.variants[which % 2]!.id;
        const orders = [...shop.state.orders.values()];
        const order = orders[which % Math.max(1, orders.length)];
        const line = order?.lines[0];
        if (verb === 'set') verbs.setStock({ variantId, locationId: places[which % 2]!, available: quantity });
        if (verb === 'order') {
          const lines = [{ variantId, quantity }, ...(isTwice ? [{ variantId, quantity }] : [])];
          verbs.placeOrder({ email: 'ada@shop.example', lines, payment, ...(isTwice && { discountCode: 'ten' }) });
        }
        if (order === undefined || line === undefined) continue;
        const unrefunded = line.quantity - line.refunded;
        const refundable = restock === 'cancel' ? Math.min(fulfillableOf(line), unrefunded) : unrefunded;
        if (verb === 'fulfil' && fulfillableOf(line) > 0)
          verbs.fulfil({
            orderId: order.id,
            lines: [{ lineId: line.id, quantity: Math.min(quantity, fulfillableOf(line)) }],
          });
        if (verb === 'refund' && refundable > 0)
          verbs.refund({ orderId: order.id, lines: [{ lineId: line.id, quantity: 1, restock }] });
        if (verb === 'cancel' && order.cancelledAtMs === undefined) verbs.cancelOrder({ orderId: order.id });
        if (verb === 'pay' && order.cancelledAtMs === undefined && paidOf(order) < totalsOf(order).totalMinor)
          verbs.payOrder(order.id);
      }
      for (const { available, committed } of shop.state.levels.values())
        expect(Math.min(available, committed)).toBeGreaterThanOrEqual(0);
      for (const { itemId } of product.variants) {
        const committed = [...shop.state.levels.values()].filter((level) => level.itemId === itemId);
        const lines = [...shop.state.orders.values()]
          .flatMap((order) => order.lines)
          .filter((line) => line.itemId === itemId);
        const open = lines.reduce((sum, line) => sum + fulfillableOf(line), 0);
        expect(committed.reduce((sum, level) => sum + level.committed, 0)).toBe(open);
      }
      for (const order of shop.state.orders.values()) expect(refundedOf(order)).toBeLessThanOrEqual(paidOf(order));
      expect(shop.state.discounts.get('TEN')!.used).toBeLessThanOrEqual(3);
    }),
    { numRuns: propertyRuns(200) },
  );
});
