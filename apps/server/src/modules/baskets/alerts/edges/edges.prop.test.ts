import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StockNews } from '../../../inventory/index.ts';
import { decideLow, plentyFrom } from './decide-low.ts';
import { readNews } from './read-news.ts';

/** Totals of one item after each sale, return and delivery. */
const levels = fc.array(fc.integer({ min: -3, max: 12 }), { minLength: 1, maxLength: 40 });
const steps = (totals: readonly number[]) =>
  totals.map((after, at) => ({ before: totals[at - 1] ?? 0, after, seq: at + 1 }));

const newsOf = (totals: readonly number[]): StockNews[] =>
  steps(totals).map(({ before, after, seq }) => ({
    ...{ seq, kind: 'level' as const, itemId: 'item', locationId: 'store', before, after, atMs: 0 },
    ...{ totalBefore: before, totalAfter: after },
  }));

describe('stock news', () => {
  it('say what is there and what is gone as the last of them does, however they are cut into batches', () => {
    fc.assert(
      fc.property(levels, fc.array(fc.nat({ max: 40 }), { maxLength: 4 }), (totals, cuts) => {
        const news = newsOf(totals);
        const borders = [0, ...cuts.map((cut) => Math.min(cut, news.length)).sort((a, b) => a - b), news.length];
        let isThere = false;
        for (let at = 1; at < borders.length; at += 1) {
          const batch = news.slice(borders[at - 1], borders[at]);
          const read = readNews(batch, new Map([['item', ['bundle']]]));
          const total = read.there.find((one) => one.locationId === null);
          isThere = batch.length === 0 ? isThere : (batch.at(-1)?.totalAfter ?? 0) > 0;
          if (batch.length === 0) continue;
          expect(total !== undefined).toBe(isThere);
          expect(read.gone.some((one) => one.locationId === null)).toBe(!isThere);
          // Whoever was told of it before a batch that ends with stock is told again only if it was gone meanwhile.
          const wasGone = batch.some(({ totalBefore, totalAfter }) => totalBefore <= 0 && totalAfter > 0);
          if (total !== undefined) expect(total.isEdge).toBe(wasGone);
          if (total?.isEdge === true)
            expect(news[total.edge - 1]).toMatchObject({ before: expect.toSatisfy((n: number) => n <= 0) });
          expect(read.bundles).toEqual([{ variantId: 'bundle', edge: batch.at(-1)!.seq }]);
        }
      }),
      { numRuns: propertyRuns(200) },
    );
  });

  it('of dates say each variant once, its bundles too', () => {
    const due = { ...newsOf([3])[0]!, kind: 'due' as const };
    const read = readNews([due, { ...due, seq: 2 }], new Map([['item', ['bundle']]]));
    expect(read).toMatchObject({
      ...{ there: [], gone: [], totals: [] },
      due: [
        { variantId: 'item', edge: 2 },
        { variantId: 'bundle', edge: 2 },
      ],
    });
  });
});

/** As one would say it in words, over the whole past. */
function lowEdges(totals: readonly number[], lowStock: number): number[] {
  const edges: number[] = [];
  for (const { before, after, seq } of steps(totals)) {
    const past = steps(totals).filter((one) => one.seq < seq);
    const lastLow = past.findLastIndex((one) => one.after <= lowStock);
    const wasPlentySince = past.slice(lastLow + 1).some((one) => one.after >= plentyFrom(lowStock));
    const isArmed = lastLow === -1 || wasPlentySince;
    if (isArmed && before > lowStock && after <= lowStock && after > 0) edges.push(seq);
  }
  return edges;
}

describe('low stock', () => {
  it('is an edge only coming down from above, once until there was plenty again', () => {
    fc.assert(
      fc.property(levels, fc.integer({ min: 1, max: 4 }), (totals, lowStock) => {
        let isLow = false;
        const edges = steps(totals).flatMap((step) => {
          const decided = decideLow({ isLow, ...step }, lowStock);
          isLow = decided.isLow;
          return decided.isEdge ? [step.seq] : [];
        });
        expect(edges).toEqual(lowEdges(totals, lowStock));
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('is nobody’s wish with a threshold of 0', () => {
    expect(decideLow({ isLow: true, before: 5, after: 0 }, 0)).toEqual({ isLow: false, isEdge: false });
  });
});
