import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moveAll } from '../levels/move-stock.ts';
import { addLocation, addStock, findBrokenStock, openStock, type StockRoom } from '../testing/open-stock.ts';
import type { Reserved } from './decide-wish.ts';
import { type Ending, endReservations } from './end-reservations.ts';
import { reserveAll } from './reserve.ts';
import type { Wish } from './wish.ts';

let room: StockRoom;
beforeAll(async () => {
  room = await openStock();
});
afterAll(() => room.drop());

const reserveAlone = async (workspaceId: number, wish: Wish): Promise<Reserved> =>
  (await room.alone(workspaceId, (tx) => reserveAll(tx, [wish])))[0]!;
const end = (workspaceId: number, ending: Ending) => room.alone(workspaceId, (tx) => endReservations(tx, [ending]));

const wishOf = (ownerRef: string, variantId: string, quantity: number): Wish => ({
  ...{ ownerRef, kind: 'order', channel: 'web' },
  lines: [{ variantId, quantity }],
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
              await room
                .alone(workspaceId, (tx) => moveAll(tx, [{ ...move, delta: one.delta, reason: 'counted' }]))
                .catch((error: unknown) => expect(error).toMatchObject({ code: 'conflict' }));
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
