import type { Random } from '../shop/random.ts';

/** How badly a twin delivers; each a probability per delivery. */
export interface Misbehaviour {
  /** Never comes. */
  readonly loses: number;
  /** Comes twice, and the second time some while later. */
  readonly duplicates: number;
  /** Comes after others that were told later. */
  readonly reorders: number;
  /** Comes late by the clock. */
  readonly delays: number;
  /** At most so late. */
  readonly delayMsMax: number;
}

export const WELL_BEHAVED: Misbehaviour = { loses: 0, duplicates: 0, reorders: 0, delays: 0, delayMsMax: 0 };

/** What a platform does on a bad day. */
export const BAD_DAY: Misbehaviour = {
  ...{ loses: 0.1, duplicates: 0.3, reorders: 0.5, delays: 0.3 },
  delayMsMax: 20 * 60_000,
};

/** One coming of a delivery. */
export interface Arrival {
  readonly afterMs: number;
  /** So many others, told later and due at the same time, overtake it. */
  readonly overtakenBy: number;
}

const OVERTAKEN_MOST = 12;

/** When, and how often, a delivery comes. Pure but for the dice; none at all: it is lost. */
export function planArrivals(random: Random, misbehaviour: Misbehaviour): Arrival[] {
  const { loses, duplicates, reorders, delays, delayMsMax } = misbehaviour;
  const isLost = random.chance(loses);
  const count = random.chance(duplicates) ? 2 : 1;
  const arrivals = Array.from({ length: count }, () => ({
    afterMs: random.chance(delays) ? random.whole(1, Math.max(1, delayMsMax)) : 0,
    overtakenBy: random.chance(reorders) ? random.whole(1, OVERTAKEN_MOST) : 0,
  }));
  return isLost ? [] : arrivals;
}
