import { randomUUID } from 'node:crypto';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { addLocation, findBrokenStock, NOW, openStock, type StockRoom } from '../testing/open-stock.ts';
import { readLevels } from './level-store.ts';
import { moveAll } from './move-stock.ts';
import { observeLevels } from './observe-levels.ts';
import { foldOwnChanges } from './own-change-store.ts';

const FIRST = 1_000;
const TILL = 'pos:tills';
const WEB = { delta: -1, reason: 'sold' };

let room: StockRoom;
beforeAll(async () => {
  room = await openStock();
});
afterAll(() => room.drop());

interface Place {
  readonly workspaceId: number;
  readonly variantId: string;
  readonly locationId: string;
}

const count = ({ workspaceId, ...key }: Place, quantity: number, observedAtMs: number) =>
  room.alone(workspaceId, (tx) => {
    const ctx = { ...tx, clock: { now: () => NOW } } as unknown as TxCtx;
    return observeLevels(ctx, { source: TILL, levels: [{ ...key, quantity, observedAtMs }] });
  });
const sell = ({ workspaceId, ...key }: Place, change: { delta: number; atMs?: number }) =>
  room.alone(workspaceId, (tx) => {
    const own = change.atMs === undefined ? undefined : { source: TILL, atMs: change.atMs };
    return moveAll(tx, [
      { ...key, field: 'on_hand', delta: change.delta, reason: 'sold', own, isFact: true, onlyTracked: true },
    ]);
  });

const moments = fc.uniqueArray(
  fc.record({
    atMs: fc.integer({ min: 1, max: 200 }),
    count: fc.option(fc.integer({ min: 500, max: 1_500 }), { nil: undefined, freq: 3 }),
    delta: fc.integer({ min: -5, max: 2 }).filter((delta) => delta !== 0),
  }),
  { minLength: 1, maxLength: 20, selector: ({ atMs }) => atMs },
);

it('a till that sells and counts has counted its sales, in whatever order 50 connections hear of them', async () => {
  await fc.assert(
    fc.asyncProperty(moments, fc.nat({ max: 5 }), fc.boolean(), async (said, web, isFolded) => {
      const workspaceId = room.nextWorkspace();
      const locationId = await addLocation(room.postgres, workspaceId);
      const place: Place = { workspaceId, locationId, variantId: randomUUID() };
      await count(place, FIRST, NOW);
      const works = said.map(({ atMs, count: counted, delta }) =>
        counted === undefined
          ? () => sell(place, { delta, atMs: NOW + atMs })
          : () => count(place, counted, NOW + atMs),
      );
      for (let n = 0; n < web; n++) works.push(() => sell(place, WEB));
      await Promise.all(works.toSorted(() => Math.random() - 0.5).map((work) => work()));
      const counts = said.filter((one) => one.count !== undefined).toSorted((a, b) => a.atMs - b.atMs);
      const last = counts.at(-1) ?? { atMs: 0, count: FIRST };
      const after = said.filter((one) => one.count === undefined && one.atMs > last.atMs);
      const expected = last.count! + after.reduce((sum, one) => sum + one.delta, 0) - web;
      const onHand = async () => (await readLevels(room.postgres, workspaceId, [place.variantId]))[0]!.counts.on_hand;
      expect(await onHand()).toBe(expected);
      // What was sold long ago is part of its count, and the next one means the same.
      if (isFolded) await foldOwnChanges(room.postgres, { before: new Date(NOW + 10_000), limit: 1_000 });
      await count(place, expected + web - 3, NOW + 20_000);
      expect(await onHand()).toBe(expected - 3);
      expect(await findBrokenStock(room.postgres, workspaceId)).toEqual([]);
    }),
    { numRuns: propertyRuns(40) },
  );
});

it('a till that sells what nobody knew of has what it counts, once it counts', async () => {
  const sales = fc.uniqueArray(
    fc.record({ atMs: fc.integer({ min: 1, max: 50 }), delta: fc.integer({ min: -4, max: 3 }).filter((n) => n !== 0) }),
    { minLength: 1, maxLength: 12, selector: ({ atMs }) => atMs },
  );
  await fc.assert(
    fc.asyncProperty(sales, fc.nat({ max: 3 }), fc.nat({ max: 9 }), async (said, there, counted) => {
      const workspaceId = room.nextWorkspace();
      const locationId = await addLocation(room.postgres, workspaceId);
      const place: Place = { workspaceId, locationId, variantId: randomUUID() };
      await count(place, there, NOW);
      const [early, late] = [said.filter((_, n) => n % 2 === 0), said.filter((_, n) => n % 2 === 1)];
      await Promise.all(early.map(({ delta, atMs }) => sell(place, { delta, atMs: NOW + atMs })));
      await count(place, counted, NOW + 100);
      // Sold before it was counted, and told after.
      for (const { delta, atMs } of late) if (delta < 0) await sell(place, { delta, atMs: NOW + atMs });
      const [level] = await readLevels(room.postgres, workspaceId, [place.variantId]);
      expect(level!.counts.on_hand).toBe(counted);
      expect(await findBrokenStock(room.postgres, workspaceId)).toEqual([]);
    }),
    { numRuns: propertyRuns(40) },
  );
});
