import { expect, it } from 'vitest';
import { AppError } from '../../platform/errors.ts';
import type { PlaceOrder } from './place-wish.ts';
import { refusedForGood } from './settle-drafts.ts';

const wish = (reference: string) => ({ reference }) as PlaceOrder;
const refusals = (...references: string[]) =>
  new Map(references.map((reference) => [wish(reference), new AppError('conflict', reference)]));
const none = refusals();
const namesOf = (refused: ReadonlyMap<PlaceOrder, AppError>) => [...refused.values()].map(({ message }) => message);

it('who was denied what a later refused one held is not refused for good', () => {
  const [byCoupons, byTotal, byPoints, byTotalLate] = [refusals('c'), refusals('t'), refusals('p'), refusals('l')];
  const of = (some: Partial<Parameters<typeof refusedForGood>[0]>) =>
    namesOf(refusedForGood({ byCoupons: none, byTotal: none, byPoints: none, byTotalLate: none, ...some }));
  expect(of({})).toEqual([]);
  expect(of({ byCoupons })).toEqual(['c']);
  expect(of({ byCoupons, byTotal })).toEqual(['t']);
  expect(of({ byCoupons, byTotal, byPoints })).toEqual(['t', 'p']);
  expect(of({ byCoupons, byTotal, byPoints, byTotalLate })).toEqual(['t', 'l']);
});
