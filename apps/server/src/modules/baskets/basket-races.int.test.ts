import { randomUUID } from 'node:crypto';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresMigrations } from '../../compose/migrations.ts';
import { isLostRace } from '../../platform/postgres/index.ts';
import { createTestDatabase, numberWorkspaces, type TestDatabase } from '../../testkit/index.ts';
import type { Basket, BasketTx } from './basket.ts';
import { listNaming, readBasketRows } from './basket-store.ts';
import { changeLines } from './change-lines.ts';
import { linkBaskets, moveBaskets } from './link-baskets.ts';
import { openBasket } from './open-basket.ts';
import { convertCarts } from './orders/convert-carts.ts';
import { basketsOf, readBaskets } from './read-baskets.ts';

const NOW = Date.UTC(2026, 10, 22, 9);
const SKUS = ['a', 'b', 'c'];
let database: TestDatabase;
let used = 0;
beforeAll(async () => {
  database = await createTestDatabase(postgresMigrations, { maxConnections: 50 });
  await numberWorkspaces(database.postgres, 300);
});
afterAll(() => database.drop());

/** One transaction on a connection of its own, done again when it lost a race, as every call is. */
async function alone<T>(workspaceId: number, work: (tx: BasketTx) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await database.postgres.transaction((sql) => work({ sql, workspaceId, now: NOW }));
    } catch (error) {
      if (!isLostRace(error)) throw error;
    }
  }
}

const openCart = async (workspaceId: number, profileId?: string): Promise<string> => {
  const owner = { profileId: profileId ?? null, node: null };
  const given = { kind: 'cart' as const, owner, isLinked: profileId !== undefined, channel: 'web', source: 'device' };
  return (await alone(workspaceId, (tx) => openBasket(tx, given))).id;
};

interface Said {
  readonly sku: string;
  readonly quantity: number;
}

/** Distinct instants before now: of two words on a line it is clear which is the later. */
const saidAt = (place: number): number => NOW - 100_000 + place;

const say = (workspaceId: number, basketId: string, { sku, quantity, place }: Said & { place: number }) =>
  alone(workspaceId, (tx) =>
    changeLines(tx, { basketId, words: [{ sku, quantity, atMs: saidAt(place) }], by: 'phone' }),
  );

const quantitiesOf = (basket: Pick<Basket, 'lines'> | undefined) =>
  Object.fromEntries(
    [...(basket?.lines.values() ?? [])]
      .filter(({ quantity }) => quantity > 0)
      .map(({ sku, quantity }) => [sku, quantity]),
  );

const word = fc.record({ sku: fc.constantFrom(...SKUS), quantity: fc.nat({ max: 4 }) });
/** What one device says in its order, and how often its basket is linked. */
const guest = fc.record({ words: fc.array(word, { maxLength: 5 }), links: fc.integer({ min: 1, max: 3 }) });

describe('words of devices and a customer who signs in on all of them, at once', () => {
  it('lose nothing: her cart is what every device said last, each counted once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(guest, { minLength: 1, maxLength: 5 }),
        fc.array(word, { maxLength: 4 }),
        fc.boolean(),
        async (guests, own, isTwo) => {
          const workspaceId = ++used;
          const [ada, twin] = [randomUUID(), randomUUID()];
          const devices = await Promise.all(guests.map(() => openCart(workspaceId)));
          const hers = await openCart(workspaceId, ada);
          const works: (() => Promise<unknown>)[] = [];
          const expected: Record<string, number> = {};
          const count = (words: readonly Said[]) => {
            const last = new Map(words.map(({ sku, quantity }) => [sku, quantity]));
            for (const [sku, quantity] of last) if (quantity > 0) expected[sku] = (expected[sku] ?? 0) + quantity;
          };
          for (const [at, { words, links }] of guests.entries()) {
            count(words);
            for (const [place, one] of words.entries())
              works.push(() => say(workspaceId, devices[at]!, { ...one, place }));
            // The second profile is recognised as the same customer meanwhile.
            const profileId = isTwo && at % 2 === 1 ? twin : ada;
            const link = [{ basketId: devices[at]!, owner: { profileId, node: null } }];
            for (let n = 0; n < links; n++)
              works.push(async () => {
                const [linked] = await alone(workspaceId, (tx) => linkBaskets(tx, link));
                // By then it may be hers as whom both are recognised.
                expect(linked!.kind === 'linked' || profileId === twin).toBe(true);
              });
          }
          count(own);
          for (const [place, one] of own.entries()) works.push(() => say(workspaceId, hers, { ...one, place }));
          const recognise = () => alone(workspaceId, (tx) => recogniseIn(tx, twin, ada));
          if (isTwo) works.push(recognise);
          await Promise.all(shuffle(works).map((work) => work()));
          await recognise();

          const carts = (await basketsOf(database.postgres, workspaceId, [ada])).get(ada)!;
          expect(carts).toHaveLength(1);
          expect(quantitiesOf(carts[0])).toEqual(expected);
          const rows = await readBasketRows(database.postgres, workspaceId, [...devices, hers]);
          for (const row of rows) expect([row.id, row.merged_into ?? row.id]).toEqual([row.id, carts[0]!.id]);
        },
      ),
      { numRuns: propertyRuns(15) },
    );
  });

  it('are counted once, however often and from however many servers the same guest is linked', async () => {
    const workspaceId = ++used;
    const ada = randomUUID();
    const hers = await openCart(workspaceId, ada);
    await say(workspaceId, hers, { sku: 'a', quantity: 1, place: 1 });
    const phone = await openCart(workspaceId);
    await say(workspaceId, phone, { sku: 'a', quantity: 2, place: 2 });
    const link = [{ basketId: phone, owner: { profileId: ada, node: null } }];
    await Promise.all(Array.from({ length: 50 }, () => alone(workspaceId, (tx) => linkBaskets(tx, link))));
    const carts = (await basketsOf(database.postgres, workspaceId, [ada])).get(ada)!;
    expect(carts.map(quantitiesOf)).toEqual([{ a: 3 }]);
  });
});

describe('an order, told many times at once', () => {
  it('takes what was bought out of the cart once, and leaves what was put there since', async () => {
    const workspaceId = ++used;
    const ada = randomUUID();
    const cart = await openCart(workspaceId, ada);
    await say(workspaceId, cart, { sku: 'a', quantity: 5, place: 1 });
    await say(workspaceId, cart, { sku: 'b', quantity: 1, place: 1 });
    const thing = { variantId: null, productRef: null, variantRef: null };
    const order = {
      ...{ reference: 'order:1', source: 'api', cartToken: null, profileId: ada, placedAtMs: saidAt(2) },
      lines: [
        { ...thing, sku: 'a', quantity: 2 },
        { ...thing, sku: 'b', quantity: 1 },
      ],
    };
    const later = say(workspaceId, cart, { sku: 'b', quantity: 3, place: 3 });
    await Promise.all([
      later,
      ...Array.from({ length: 20 }, () => alone(workspaceId, (tx) => convertCarts(tx, [order]))),
    ]);
    expect(quantitiesOf((await readBaskets(database.postgres, workspaceId, [cart])).get(cart))).toEqual({ a: 3, b: 3 });
  });
});

async function recogniseIn(tx: BasketTx, from: string, into: string): Promise<void> {
  const ids = await listNaming(tx.sql, tx.workspaceId, [from]);
  await moveBaskets(
    tx,
    ids.map((basketId) => ({ basketId, owner: { profileId: into, node: null } })),
  );
}

/** Which of them begins is up to the pool; that it is not always the first is up to this. */
function shuffle<T>(works: readonly T[]): T[] {
  return works
    .map((work) => [Math.random(), work] as const)
    .sort(([a], [b]) => a - b)
    .map(([, work]) => work);
}
