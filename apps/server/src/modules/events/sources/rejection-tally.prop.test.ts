import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  KEPT_PER_MINUTE_MAX,
  KEPT_PER_REASON_MAX,
  OTHER_REASONS,
  REASONS_PER_HOUR_MAX,
  type Rejection,
  type RejectionCount,
  RejectionTally,
} from './rejection-tally.ts';

const HOUR_MS = 3_600_000;
const rejection = fc.record({
  workspaceId: fc.constantFrom(1, 2),
  source: fc.constantFrom(1, 2),
  at: fc.constant(0),
  type: fc.constantFrom('track', 'request'),
  name: fc.string({ maxLength: 2 }),
  field: fc.constantFrom('', 'event', 'userId'),
  reason: fc.constantFrom('one', 'two', 'a'.repeat(500)),
  item: fc.constant(null),
});
/** Much of the same, at times that rise, with writes between that succeed or not. */
const stream = fc.array(
  fc.record({
    rejection,
    times: fc.integer({ min: 1, max: 100 }),
    afterMs: fc.integer({ min: 0, max: HOUR_MS }),
    write: fc.constantFrom('none', 'taken', 'failed'),
  }),
  { maxLength: 25 },
);

const sourceOf = ({ workspaceId, source }: Pick<Rejection, 'workspaceId' | 'source'>) => `${workspaceId} ${source}`;

function run(steps: readonly { rejection: Rejection; times: number; afterMs: number; write: string }[]) {
  const tally = new RejectionTally();
  const written: RejectionCount[] = [];
  const sent: Rejection[] = [];
  const kept: Rejection[] = [];
  let at = 1_000 * HOUR_MS;
  for (const step of steps) {
    at += step.afterMs;
    for (let i = 0; i < step.times; i++) {
      const one = { ...step.rejection, at };
      sent.push(one);
      if (tally.add(one)) kept.push(one);
    }
    if (step.write === 'none') continue;
    const counts = tally.takeCounts();
    if (step.write === 'failed') tally.putBack(counts);
    else written.push(...counts);
  }
  written.push(...tally.takeCounts());
  return { sent, kept, written };
}

describe('of what is refused', () => {
  it('everything is counted once, for its source and hour, whatever is written when and whatever write fails', () => {
    fc.assert(
      fc.property(stream, (steps) => {
        const { sent, written } = run(steps);
        const sums = (items: readonly { key: string; n: number }[]) => {
          const all = new Map<string, number>();
          for (const { key, n } of items) all.set(key, (all.get(key) ?? 0) + n);
          return all;
        };
        expect(
          sums(written.map((c) => ({ key: `${sourceOf(c)} ${c.hour} ${c.type} ${c.field}`, n: c.count }))),
        ).toEqual(
          sums(sent.map((s) => ({ key: `${sourceOf(s)} ${Math.floor(s.at / HOUR_MS)} ${s.type} ${s.field}`, n: 1 }))),
        );
      }),
    );
  });

  it('no minute of a source keeps more samples than its bound, nor of one reason, and the first of each is kept', () => {
    fc.assert(
      fc.property(stream, (steps) => {
        const { sent, kept } = run(steps);
        const minute = (one: Rejection) => `${sourceOf(one)} ${Math.floor(one.at / 60_000)}`;
        const reason = (one: Rejection) => `${minute(one)} ${one.field} ${one.reason}`;
        for (const of of groupsOf(kept, minute).values()) expect(of.length).toBeLessThanOrEqual(KEPT_PER_MINUTE_MAX);
        for (const of of groupsOf(kept, reason).values()) expect(of.length).toBeLessThanOrEqual(KEPT_PER_REASON_MAX);
        for (const [key, of] of groupsOf(sent, minute)) {
          expect(groupsOf(kept, minute).get(key)?.[0]).toEqual(of[0]);
        }
      }),
    );
  });

  it('reasons beyond the bound of an hour are counted together, so that no sender makes endless rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (reasons) => {
        const { written } = run(
          Array.from({ length: reasons }, (_, n) => ({
            rejection: {
              workspaceId: 1,
              source: 1,
              at: 0,
              type: 't',
              name: '',
              field: '',
              reason: `r${n}`,
              item: null,
            },
            times: 2,
            afterMs: 0,
            write: 'none',
          })),
        );
        expect(written.length).toBe(Math.min(reasons, REASONS_PER_HOUR_MAX + 1));
        const others = written.find(({ reason }) => reason === OTHER_REASONS);
        expect(others?.count ?? 0).toBe(2 * Math.max(0, reasons - REASONS_PER_HOUR_MAX));
      }),
    );
  });
});

function groupsOf(of: readonly Rejection[], key: (one: Rejection) => string): Map<string, Rejection[]> {
  const groups = new Map<string, Rejection[]>();
  for (const one of of) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return groups;
}
