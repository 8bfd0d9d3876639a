import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLevels } from '../levels/level-store.ts';
import { addLocation, addStock, findBrokenStock, NOW, openStock, type StockRoom } from '../testing/open-stock.ts';
import type { Reserved } from './decide-wish.ts';
import { ReservationDesk } from './reservation-desk.ts';
import { reserveAll } from './reserve.ts';
import { replaceComponents } from './reservation-store.ts';
import type { Wish } from './wish.ts';

let room: StockRoom;
beforeAll(async () => {
  room = await openStock();
});
afterAll(() => room.drop());

const reserveAlone = async (workspaceId: number, wish: Wish): Promise<Reserved> =>
  (await room.alone(workspaceId, (tx) => reserveAll(tx, [wish])))[0]!;

const wishOf = (ownerRef: string, variantId: string, quantity: number): Wish => ({
  ...{ ownerRef, kind: 'order', channel: 'web' },
  lines: [{ variantId, quantity }],
});

describe('one hot item', () => {
  it('400 buyers of 50 units on 50 connections get exactly 50', async () => {
    const workspaceId = room.nextWorkspace();
    const locationId = await addLocation(room.postgres, workspaceId);
    const itemId = randomUUID();
    await addStock(room.postgres, workspaceId, { itemId, locationId, quantity: 50 });
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, (_, n) => reserveAlone(workspaceId, wishOf(`order:${n}`, itemId, 1))),
    );
    expect(outcomes.filter(({ kind }) => kind === 'reserved')).toHaveLength(50);
    expect((await readLevels(room.postgres, workspaceId, [itemId]))[0]!.counts).toMatchObject({
      on_hand: 50,
      reserved: 50,
    });
    expect(await findBrokenStock(room.postgres, workspaceId)).toEqual([]);
  });

  it('parallel wishes take no more than there is, and none is refused that would have fitted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 10, maxLength: 60 }),
        fc.boolean(),
        async (stock, quantities, isGrouped) => {
          const workspaceId = room.nextWorkspace();
          const locationId = await addLocation(room.postgres, workspaceId);
          const itemId = randomUUID();
          if (stock > 0) await addStock(room.postgres, workspaceId, { itemId, locationId, quantity: stock });
          else
            await addStock(room.postgres, workspaceId, {
              itemId,
              locationId: await addLocation(room.postgres, workspaceId, { state: 'inactive' }),
              quantity: 1,
            });
          const desk = new ReservationDesk({
            postgres: room.postgres,
            clock: { now: () => NOW, realDelayMs: () => 0 },
          });
          const ask = (wish: Wish) => (isGrouped ? desk.reserve(workspaceId, wish) : reserveAlone(workspaceId, wish));
          const outcomes = await Promise.all(quantities.map((q, n) => ask(wishOf(`order:${n}`, itemId, q))));
          const taken = quantities.reduce((sum, q, n) => sum + (outcomes[n]!.kind === 'reserved' ? q : 0), 0);
          expect(taken).toBeLessThanOrEqual(stock);
          const refused = quantities.filter((_q, n) => outcomes[n]!.kind === 'short');
          for (const q of refused) expect(q).toBeGreaterThan(stock - taken);
          expect(await findBrokenStock(room.postgres, workspaceId)).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('the same wish of an owner sent 20 times at once is done once', async () => {
    const workspaceId = room.nextWorkspace();
    const locationId = await addLocation(room.postgres, workspaceId);
    const itemId = randomUUID();
    await addStock(room.postgres, workspaceId, { itemId, locationId, quantity: 30 });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => reserveAlone(workspaceId, wishOf('order:1', itemId, 3))),
    );
    expect(outcomes.every(({ kind }) => kind === 'reserved')).toBe(true);
    expect(outcomes.filter((one) => one.kind === 'reserved' && !one.isRepeat)).toHaveLength(1);
    expect((await readLevels(room.postgres, workspaceId, [itemId]))[0]!.counts.reserved).toBe(3);
  });
});

describe('several lines', () => {
  it('orders that name the same items the other way round never lose each other, nor sell too much', async () => {
    const workspaceId = room.nextWorkspace();
    const places = [await addLocation(room.postgres, workspaceId), await addLocation(room.postgres, workspaceId)];
    const items = [randomUUID(), randomUUID(), randomUUID()];
    for (const itemId of items)
      for (const locationId of places) await addStock(room.postgres, workspaceId, { itemId, locationId, quantity: 20 });
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, n) => {
        const turned = n % 2 === 0 ? items : [...items].reverse();
        return reserveAlone(workspaceId, {
          ...{ ownerRef: `order:${n}`, kind: 'order', channel: 'web' },
          lines: turned.map((variantId) => ({ variantId, quantity: 1 })),
        });
      }),
    );
    expect(outcomes.filter(({ kind }) => kind === 'reserved')).toHaveLength(40);
    expect(await findBrokenStock(room.postgres, workspaceId)).toEqual([]);
  });

  it('a bundle and its part in one cart draw on one stock', async () => {
    const workspaceId = room.nextWorkspace();
    const locationId = await addLocation(room.postgres, workspaceId);
    const [shirt, bundle] = [randomUUID(), randomUUID()];
    await replaceComponents(room.postgres, workspaceId, {
      variantId: bundle,
      components: [{ itemId: shirt, quantity: 2 }],
    });
    await addStock(room.postgres, workspaceId, { itemId: shirt, locationId, quantity: 4 });
    const cart = (quantity: number): Wish => ({
      ...{ ownerRef: `cart:${quantity}`, kind: 'cart_hold', channel: 'web' },
      lines: [
        { variantId: bundle, quantity: 1 },
        { variantId: shirt, quantity },
      ],
    });
    expect(await reserveAlone(workspaceId, cart(3))).toMatchObject({ kind: 'short' });
    expect(await reserveAlone(workspaceId, cart(2))).toMatchObject({
      kind: 'reserved',
      parts: [{ itemId: shirt, locationId, quantity: 4 }],
    });
  });
});
