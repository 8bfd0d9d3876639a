import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import { AppError } from '../../../platform/errors.ts';
import { isLostRace } from '../../../platform/postgres/index.ts';
import { changeAllIncoming } from '../incoming/change-incoming.ts';
import { readLevels } from '../levels/level-store.ts';
import { endReservations } from '../reservations/end-reservations.ts';
import { reserveAll } from '../reservations/reserve.ts';
import type { StockTx } from '../reservations/stock-tx.ts';
import { addLocation, addStock, findBrokenStock, NOW, openStock, type StockRoom } from '../testing/open-stock.ts';
import { cancelTransfer, createTransfer, receiveTransfer, shipTransfer } from './change-transfers.ts';
import { inTransitOf, ownerRefOf, stateOf, type Transfer } from './transfer.ts';
import { findTransfer, pageTransfers } from './transfer-store.ts';

let room: StockRoom;
beforeAll(async () => {
  room = await openStock();
});
afterAll(() => room.drop());

/** One call of its own connection, done again when it lost a race; a refusal changes nothing. */
async function alone<T>(workspaceId: number, work: (tx: StockTx) => Promise<T>): Promise<T | 'refused'> {
  for (;;) {
    try {
      return await room.postgres.transaction((sql) => work({ sql, workspaceId, now: NOW }));
    } catch (error) {
      if (error instanceof AppError) return 'refused';
      if (!isLostRace(error)) throw error;
    }
  }
}

interface Place {
  readonly workspaceId: number;
  readonly from: string;
  readonly to: string;
  readonly item: string;
}

async function openPlace(quantity: number): Promise<Place> {
  const workspaceId = room.nextWorkspace();
  const [from, to] = [await addLocation(room.postgres, workspaceId), await addLocation(room.postgres, workspaceId)];
  const item = randomUUID();
  await addStock(room.postgres, workspaceId, { itemId: item, locationId: from, quantity });
  return { workspaceId, from, to, item };
}

const wishOf = (place: Place, quantity: number, reference: string | null = null) => ({
  ...{ fromId: place.from, toId: place.to, dueAt: new Date(NOW + 86_400_000), reference },
  lines: [{ variantId: place.item, quantity }],
});

async function made(place: Place, quantity: number): Promise<Transfer> {
  const outcome = await alone(place.workspaceId, (tx) => createTransfer(tx, wishOf(place, quantity)));
  if (outcome === 'refused') throw new Error('it was refused');
  return outcome.transfer;
}

const ship = (place: Place, id: string) => alone(place.workspaceId, (tx) => shipTransfer(tx, { id }));
const receive = (place: Place, id: string, receipt: { received?: number; damaged?: number; missing?: number }) =>
  alone(place.workspaceId, (tx) =>
    receiveTransfer(tx, {
      id,
      receipts: [{ itemId: place.item, received: 0, damaged: 0, missing: 0, ...receipt }],
    }),
  );

async function countsAt(place: Place, locationId: string) {
  const levels = await readLevels(room.postgres, place.workspaceId, [place.item]);
  return levels.find((level) => level.locationId === locationId)?.counts;
}

describe('a transfer', () => {
  it('takes goods out of sale, then off the shelf, then onto the other, with what broke and what is missing', async () => {
    const place = await openPlace(10);
    const { id } = await made(place, 6);
    expect(await countsAt(place, place.from)).toMatchObject({ on_hand: 10, reserved: 6 });
    await ship(place, id);
    expect(await countsAt(place, place.from)).toMatchObject({ on_hand: 4, reserved: 0 });
    expect(await countsAt(place, place.to)).toMatchObject({ on_hand: 0, incoming: 6 });
    await receive(place, id, { received: 3, damaged: 1 });
    expect(await countsAt(place, place.to)).toMatchObject({ on_hand: 3, unavailable: 1, incoming: 3 });
    const ended = await receive(place, id, { received: 2, missing: 1 });
    expect(ended).not.toBe('refused');
    expect(stateOf(ended as Transfer)).toBe('received');
    expect(ended).toMatchObject({ lines: [{ received: 5, damaged: 1, cancelled: 1, returned: 0 }] });
    expect(await countsAt(place, place.to)).toMatchObject({ on_hand: 5, unavailable: 1, incoming: 0 });
    expect(await findBrokenStock(room.postgres, place.workspaceId)).toEqual([]);
  });

  it('is refused for more than lies there free, and leaves nothing behind', async () => {
    const place = await openPlace(5);
    await alone(place.workspaceId, (tx) =>
      reserveAll(tx, [
        { ownerRef: 'cart:1', kind: 'order', channel: 'web', lines: [{ variantId: place.item, quantity: 2 }] },
      ]),
    );
    expect(await alone(place.workspaceId, (tx) => createTransfer(tx, wishOf(place, 4)))).toBe('refused');
    expect(await pageTransfers(room.postgres, place.workspaceId, { beforeId: null, limit: 10 })).toEqual([]);
    expect(await countsAt(place, place.from)).toMatchObject({ on_hand: 5, reserved: 2 });
  });

  it('of one reference is made once, and refused when it is another wish', async () => {
    const place = await openPlace(10);
    const create = (quantity: number) =>
      alone(place.workspaceId, (tx) => createTransfer(tx, wishOf(place, quantity, 'T-1')));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => create(4)));
    expect(outcomes.filter((one) => one !== 'refused' && !one.isRepeat)).toHaveLength(1);
    expect(outcomes).not.toContain('refused');
    expect(await countsAt(place, place.from)).toMatchObject({ reserved: 4 });
    expect(await create(5)).toBe('refused');
  });

  it('that is cancelled gives back what it set apart, or brings back what is still on its way', async () => {
    const place = await openPlace(10);
    const draft = await made(place, 4);
    await alone(place.workspaceId, (tx) => cancelTransfer(tx, draft.id));
    expect(await countsAt(place, place.from)).toMatchObject({ on_hand: 10, reserved: 0 });
    expect(await ship(place, draft.id)).toBe('refused');
    const { id } = await made(place, 6);
    await ship(place, id);
    await receive(place, id, { received: 2 });
    for (let n = 0; n < 2; n += 1) await alone(place.workspaceId, (tx) => cancelTransfer(tx, id));
    expect(await countsAt(place, place.from)).toMatchObject({ on_hand: 8, reserved: 0 });
    expect(await countsAt(place, place.to)).toMatchObject({ on_hand: 2, incoming: 0 });
    expect(await receive(place, id, { received: 1 })).toBe('refused');
    expect(await findBrokenStock(room.postgres, place.workspaceId)).toEqual([]);
  });

  it('knows what arrived by another way, and ships nothing that was set free meanwhile', async () => {
    const place = await openPlace(10);
    const { id } = await made(place, 6);
    const shipped = (await ship(place, id)) as Transfer;
    const incomingId = shipped.lines[0]!.incomingId!;
    await alone(place.workspaceId, (tx) =>
      changeAllIncoming(tx, [{ id: incomingId, change: (row) => ({ ...row, received: 6 }) }]),
    );
    expect(stateOf((await findTransfer(room.postgres, place.workspaceId, { id }))!)).toBe('received');
    const freed = await made(place, 3);
    await alone(place.workspaceId, (tx) => endReservations(tx, [{ kind: 'released', ownerRef: ownerRefOf(freed.id) }]));
    expect(await ship(place, freed.id)).toBe('refused');
    expect(await countsAt(place, place.from)).toMatchObject({ on_hand: 4, reserved: 0 });
  });
});

/** Every piece there ever was: on shelves, on its way, or missing. */
async function countAll(place: Place): Promise<number> {
  const levels = await readLevels(room.postgres, place.workspaceId, [place.item]);
  const transfers = await pageTransfers(room.postgres, place.workspaceId, { beforeId: null, limit: 1_000 });
  const lines = transfers.flatMap((one) => one.lines);
  const transit = lines.reduce((sum, line) => sum + inTransitOf(line), 0);
  const missing = lines.reduce((sum, line) => sum + line.cancelled - line.returned, 0);
  expect(levels.reduce((sum, { counts }) => sum + counts.incoming, 0)).toBe(transit);
  return levels.reduce((sum, { counts }) => sum + counts.on_hand, 0) + transit + missing;
}

type Step =
  | { readonly verb: 'create'; readonly quantity: number; readonly isBack: boolean }
  | { readonly verb: 'ship'; readonly which: number }
  | { readonly verb: 'cancel'; readonly which: number }
  | { readonly verb: 'receive'; readonly which: number; received: number; damaged: number; missing: number };

const small = fc.integer({ min: 0, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ verb: fc.constant('create' as const), quantity: fc.integer({ min: 1, max: 8 }), isBack: fc.boolean() }),
  fc.record({ verb: fc.constant('ship' as const), which: fc.nat() }),
  fc.record({ verb: fc.constant('cancel' as const), which: fc.nat() }),
  fc
    .record({ verb: fc.constant('receive' as const), which: fc.nat(), received: small, missing: small, part: small })
    .map(({ part, ...receipt }) => ({ ...receipt, damaged: Math.min(part, receipt.received) })),
);

/** A paper with what lies where, written by somebody who does one thing after the other. */
class Paper {
  readonly shelf: Record<string, number>;
  readonly free: Record<string, number>;
  readonly papers: { from: string; to: string; state: string; transit: number }[] = [];

  constructor(from: string, to: string, quantity: number) {
    this.shelf = { [from]: quantity, [to]: 0 };
    this.free = { [from]: quantity, [to]: 0 };
  }

  create(from: string, to: string, quantity: number): boolean {
    if (this.free[from]! < quantity) return false;
    this.free[from]! -= quantity;
    this.papers.push({ from, to, state: 'draft', transit: quantity });
    return true;
  }

  do(step: Exclude<Step, { verb: 'create' }>): boolean {
    const one = this.papers[step.which % this.papers.length]!;
    const isOver = one.state === 'shipped' && one.transit === 0;
    if (step.verb === 'ship') {
      if (one.state === 'cancelled') return false;
      if (one.state === 'draft') this.shelf[one.from]! -= one.transit;
      one.state = 'shipped';
      return true;
    }
    if (step.verb === 'cancel') {
      if (isOver) return false;
      if (one.state === 'cancelled') return true;
      this.free[one.from]! += one.transit;
      if (one.state === 'shipped') this.shelf[one.from]! += one.transit;
      Object.assign(one, { state: 'cancelled', transit: 0 });
      return true;
    }
    if (one.state !== 'shipped' || step.received + step.missing > one.transit) return false;
    one.transit -= step.received + step.missing;
    this.shelf[one.to]! += step.received;
    this.free[one.to]! += step.received - step.damaged;
    return true;
  }
}

function perform(place: Place, id: string, step: Exclude<Step, { verb: 'create' }>) {
  if (step.verb === 'ship') return ship(place, id);
  if (step.verb === 'cancel') return alone(place.workspaceId, (tx) => cancelTransfer(tx, id));
  return receive(place, id, step);
}

describe('whatever is done with transfers', () => {
  it('one after the other, shelves are as on paper and no piece comes or goes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const place = await openPlace(12);
        const back = { ...place, from: place.to, to: place.from };
        const paper = new Paper(place.from, place.to, 12);
        const ids: string[] = [];
        for (const one of steps) {
          if (one.verb === 'create') {
            const way = one.isBack ? back : place;
            const outcome = await alone(place.workspaceId, (tx) => createTransfer(tx, wishOf(way, one.quantity)));
            expect(outcome !== 'refused').toBe(paper.create(way.from, way.to, one.quantity));
            if (outcome !== 'refused') ids.push(outcome.transfer.id);
          } else if (ids.length > 0) {
            const outcome = await perform(place, ids[one.which % ids.length]!, one);
            expect(outcome !== 'refused').toBe(paper.do(one));
          }
        }
        for (const locationId of [place.from, place.to]) {
          const counts = (await countsAt(place, locationId)) ?? { on_hand: 0, unavailable: 0, reserved: 0 };
          expect(counts.on_hand).toBe(paper.shelf[locationId]);
          expect(counts.on_hand - counts.unavailable - counts.reserved).toBe(paper.free[locationId]);
        }
        expect(await countAll(place)).toBe(12);
        expect(await findBrokenStock(room.postgres, place.workspaceId)).toEqual([]);
      }),
      { numRuns: Math.min(propertyRuns(25), 100) },
    );
  });

  it('on fifty connections at once, among buyers, no piece comes or goes and nothing is sold twice', async () => {
    const place = await openPlace(60);
    const back = { ...place, from: place.to, to: place.from };
    const ids = (await Promise.all(Array.from({ length: 15 }, () => made(place, 3)))).map(({ id }) => id);
    await Promise.all(ids.slice(0, 8).map((id) => ship(place, id)));
    await Promise.all(
      Array.from({ length: 150 }, async (_, n) => {
        const id = ids[n % ids.length]!;
        const kind = n % 6;
        if (kind === 0) return ship(place, id);
        if (kind === 1) return receive(place, id, { received: 2, damaged: n % 2 });
        if (kind === 2) return receive(place, id, { received: 1, missing: 1 });
        if (kind === 3) return n % 4 === 0 ? alone(place.workspaceId, (tx) => cancelTransfer(tx, id)) : ship(place, id);
        if (kind === 4) return alone(place.workspaceId, (tx) => createTransfer(tx, wishOf(back, 1)));
        return alone(place.workspaceId, (tx) =>
          reserveAll(tx, [
            { ownerRef: `order:${n}`, kind: 'order', channel: 'web', lines: [{ variantId: place.item, quantity: 1 }] },
          ]),
        );
      }),
    );
    expect(await countAll(place)).toBe(60);
    expect(await findBrokenStock(room.postgres, place.workspaceId)).toEqual([]);
    const levels = await readLevels(room.postgres, place.workspaceId, [place.item]);
    for (const { counts, shortfall } of levels) {
      expect(counts.on_hand - counts.unavailable - counts.reserved).toBeGreaterThanOrEqual(0);
      expect(shortfall).toBe(0);
    }
  });
});
