import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLostRace } from '../../../platform/postgres/index.ts';
import { moveAll } from '../levels/move-stock.ts';
import { readLevels } from '../levels/level-store.ts';
import { addLocation, addStock, findBrokenStock, NOW, openStock, type StockRoom } from '../testing/open-stock.ts';
import type { Reserved } from './decide-wish.ts';
import { type Ending, endReservations } from './end-reservations.ts';
import { ReservationDesk } from './reservation-desk.ts';
import { reserveAll } from './reserve.ts';
import { replaceComponents } from './reservation-store.ts';
import type { Wish } from './wish.ts';

let room: StockRoom;
beforeAll(async () => {
  room = await openStock();
});
afterAll(() => room.drop());

/** One transaction of its own connection, done again when it lost a race, as every call is. */
async function alone<T>(
  workspaceId: number,
  work: (tx: {
    sql: Parameters<Parameters<StockRoom['postgres']['transaction']>[0]>[0];
    workspaceId: number;
    now: number;
  }) => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await room.postgres.transaction((sql) => work({ sql, workspaceId, now: NOW }));
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
  }
}

const reserveAlone = async (workspaceId: number, wish: Wish): Promise<Reserved> =>
  (await alone(workspaceId, (tx) => reserveAll(tx, [wish])))[0]!;
const end = (workspaceId: number, ending: Ending) => alone(workspaceId, (tx) => endReservations(tx, [ending]));

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

type Step =
  | {
      readonly do: 'reserve';
      readonly owner: number;
      readonly item: number;
      readonly quantity: number;
      readonly isHold: boolean;
    }
  | { readonly do: 'change'; readonly owner: number; readonly item: number; readonly quantity: number }
  | { readonly do: 'release' | 'expire'; readonly owner: number }
  | { readonly do: 'consume'; readonly owner: number; readonly reference: number }
  | { readonly do: 'move'; readonly item: number; readonly place: number; readonly delta: number };

const owner = fc.integer({ min: 0, max: 7 });
const item = fc.integer({ min: 0, max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('reserve' as const),
    owner,
    item,
    quantity: fc.integer({ min: 1, max: 5 }),
    isHold: fc.boolean(),
  }),
  fc.record({ do: fc.constant('change' as const), owner, item, quantity: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constantFrom('release' as const, 'expire' as const), owner }),
  fc.record({ do: fc.constant('consume' as const), owner, reference: fc.integer({ min: 0, max: 1 }) }),
  fc.record({
    do: fc.constant('move' as const),
    item,
    place: fc.integer({ min: 0, max: 1 }),
    delta: fc.constantFrom(-2, -1, 1, 3),
  }),
);

describe('whatever happens at the same time', () => {
  it('levels are the sums of their movements and reservations at every commit, and each unit ends once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 80 }), async (steps) => {
        const workspaceId = room.nextWorkspace();
        const places = [await addLocation(room.postgres, workspaceId), await addLocation(room.postgres, workspaceId)];
        const items = [randomUUID(), randomUUID()];
        for (const itemId of items)
          for (const locationId of places)
            await addStock(room.postgres, workspaceId, { itemId, locationId, quantity: 5 });
        const take = async (one: Step): Promise<void> => {
          switch (one.do) {
            case 'reserve': {
              const kind = one.isHold ? 'cart_hold' : 'order';
              await reserveAlone(workspaceId, { ...wishOf(`o:${one.owner}`, items[one.item]!, one.quantity), kind });
              return;
            }
            case 'change': {
              const wish = wishOf(`o:${one.owner}`, items[one.item]!, one.quantity);
              await reserveAlone(workspaceId, { ...wish, takesOver: [`o:${one.owner}`] });
              return;
            }
            case 'release':
            case 'expire': {
              const kind = one.do === 'release' ? 'released' : 'expired';
              await end(workspaceId, { kind, ownerRef: `o:${one.owner}` });
              return;
            }
            case 'consume':
              await end(workspaceId, {
                kind: 'consumed',
                ownerRef: `o:${one.owner}`,
                reference: String(one.reference),
              });
              return;
            case 'move': {
              const move = { variantId: items[one.item]!, locationId: places[one.place]!, field: 'on_hand' as const };
              // Less than nothing is refused.
              await alone(workspaceId, (tx) => moveAll(tx, [{ ...move, delta: one.delta, reason: 'counted' }])).catch(
                (error: unknown) => expect(error).toMatchObject({ code: 'conflict' }),
              );
            }
          }
        };
        const watch = new Set<string>();
        const look = async () => {
          for (const fault of await findBrokenStock(room.postgres, workspaceId)) watch.add(fault);
        };
        await Promise.all([...steps.map(take), ...Array.from({ length: 5 }, look)]);
        await look();
        expect([...watch]).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
