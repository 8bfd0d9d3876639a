import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { sessionTraits } from './session-traits.ts';
import { asMoment, naiveSessions, type SaidMoment } from './testing/naive-sessions.ts';
import { advanceVisits, mergeVisits, NO_VISITS, sessionsOf, VISITS_KEPT_MAX, type VisitsState } from './visits.ts';

const START = Date.UTC(2026, 10, 22, 9);
const entry = fc.record({
  l: fc.constantFrom('/a', '/b'),
  d: fc.constantFrom(['desktop', 'Linux', 'Chrome'], ['mobile', 'iOS', 'Safari']),
}) as fc.Arbitrary<{ l: string; d: [string, string, string] }>;

/** Times crowd around the length of the pause, and some share an instant. */
function moments(hours: number, lengthMax: number): fc.Arbitrary<SaidMoment[]> {
  const atMs = fc.oneof(
    fc.integer({ min: 0, max: hours * 60 }).map((minutes) => START + minutes * 60_000),
    fc.integer({ min: 0, max: hours * 3_600_000 }).map((ms) => START + ms),
    fc
      .integer({ min: 0, max: hours * 2 })
      .chain((halves) => fc.integer({ min: -70_000, max: 70_000 }).map((ms) => START + halves * 1_800_000 + ms)),
  );
  const moment = fc
    .tuple(
      atMs,
      fc.option(fc.constantFrom('A', 'B', 'C', 'D'), { freq: 3, nil: undefined }),
      fc.option(fc.constantFrom('google', 'bing'), { freq: 2, nil: undefined }),
      entry,
    )
    .map(([at, campaign, referrer, began]): SaidMoment => ({
      atMs: at,
      campaign,
      source: campaign === undefined ? undefined : { c: 'ad', n: campaign },
      referral: referrer === undefined ? undefined : { c: 'search', s: referrer },
      entry: began,
    }));
  return fc.array(moment, { maxLength: lengthMax });
}

const arrive = (history: readonly SaidMoment[], from: VisitsState = NO_VISITS): VisitsState =>
  history.reduce((state, moment) => advanceVisits(state, asMoment(moment)).state, from);

const shuffled = <T>(items: readonly T[], order: readonly number[]): T[] =>
  items
    .map((item, n) => ({ item, key: order[n % Math.max(1, order.length)] ?? n }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);

const found = (state: VisitsState) => sessionsOf(state).map(({ atMs, opening }) => ({ atMs, opening }));
const orders = fc.array(fc.nat(), { minLength: 40, maxLength: 40 });

describe('sessions', () => {
  // Four hours hold no more visits than are kept, so nothing is forgotten.
  it('are those of the sorted history, in whatever order events arrive and however often', () => {
    fc.assert(
      fc.property(moments(4, 40), orders, fc.nat(6), (history, order, again) => {
        const state = arrive([...shuffled(history, order), ...history.slice(0, again)]);
        expect(found(state)).toEqual(naiveSessions(history));
        if (history.length > 0) expect(sessionTraits(state).session_count).toBe(naiveSessions(history).length);
      }),
      { numRuns: propertyRuns(3_000) },
    );
  });

  it('of two profiles that turn out to be one are those of both histories together, whenever they merge', () => {
    fc.assert(
      fc.property(moments(4, 15), moments(4, 15), moments(4, 10), orders, (ours, theirs, later, order) => {
        const merged = mergeVisits(arrive(shuffled(ours, order)), arrive(theirs));
        expect(found(arrive(later, merged))).toEqual(naiveSessions([...ours, ...theirs, ...later]));
        expect(mergeVisits(arrive(theirs), arrive(ours))).toEqual(mergeVisits(arrive(ours), arrive(theirs)));
        expect(found(mergeVisits(merged, merged))).toEqual(found(merged));
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('beyond those kept are counted, and the first and last touch remembered, as long as events come in order', () => {
    fc.assert(
      fc.property(moments(200, 60), (history) => {
        const inOrder = [...history].sort((a, b) => a.atMs - b.atMs);
        const state = arrive(inOrder);
        const all = naiveSessions(history);
        expect(state.v.length).toBeLessThanOrEqual(VISITS_KEPT_MAX);
        expect(found(state)).toEqual(all.slice(all.length - found(state).length));
        const traits = sessionTraits(state);
        expect(traits.session_count).toBe(all.length === 0 ? null : all.length);
        const touch = (session: (typeof all)[number] | undefined) => session && new Date(session.atMs).toISOString();
        expect((traits.first_touch as { at?: string } | null)?.at).toBe(touch(all[0]));
        const last = all.findLast(({ opening }) => opening.c !== 'direct') ?? all.at(-1);
        expect((traits.last_touch as { at?: string } | null)?.at).toBe(touch(last));
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('are told of when they begin, each once: as many are told as there are while nothing comes late', () => {
    fc.assert(
      fc.property(moments(30, 50), (history) => {
        const inOrder = [...history].sort(
          (a, b) => a.atMs - b.atMs || Number(a.campaign === undefined) - Number(b.campaign === undefined),
        );
        let state = NO_VISITS;
        const told: number[] = [];
        for (const moment of inOrder) {
          const advance = advanceVisits(state, asMoment(moment));
          state = advance.state;
          told.push(...advance.opened.map(({ atMs }) => atMs));
        }
        expect(told).toEqual(naiveSessions(history).map(({ atMs }) => atMs));
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('take a bounded place whatever a hostile sender makes of them', () => {
    const long = 'x'.repeat(200);
    let state = NO_VISITS;
    for (let n = 0; n < 500; n++) {
      const campaign = `${n}`;
      const source = {
        c: 'ad',
        s: long.slice(0, 80),
        m: long.slice(0, 80),
        n: `${campaign}${long.slice(0, 76)}`,
        t: long.slice(0, 80),
        o: long.slice(0, 80),
        i: 'fbclid',
        v: long,
      };
      state = advanceVisits(
        state,
        asMoment({ atMs: START + n * 600_000, campaign, source, entry: { l: long.slice(0, 160) } }),
      ).state;
    }
    expect(JSON.stringify(state).length).toBeLessThan(6_500);
    expect(state.v.length).toBeGreaterThan(0);
  });
});
