import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { packLines, RecentBlocks, unpackLines } from './block.ts';
import { decodeEvent, encodeEvent, INTAKE_LOG } from './event.ts';
import { type LaneLease } from './lease.ts';
import { halve, type LeasedRun } from './processor.ts';
import { defineSection, Subject } from './subject.ts';
import { storedEvent } from './testing/log-process.ts';

describe('a line of the log', () => {
  it('reads back as the event it was written from, at its place', () => {
    const event = storedEvent({
      nodes: [
        { kind: 10, id: 7 },
        { kind: 90, id: 8 },
      ],
      sealed: 'c2VhbGVk',
      payload: { properties: { text: 'line\nbreak "quoted" \u0000 🛒', deep: [{ a: null }] }, traits: {} },
    });
    const place = { log: INTAKE_LOG, lane: 3, seq: 41 } as const;
    expect(decodeEvent(encodeEvent(event), place)).toEqual({ ...event, ...place });
    expect(encodeEvent(event)).not.toContain('\n');
  });

  it('survives the packing of its block', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string().map((text) => encodeEvent(storedEvent({ name: text }))),
          { minLength: 1 },
        ),
        async (lines) => {
          expect(unpackLines(await packLines(lines))).toEqual(lines);
        },
      ),
    );
  });
});

describe('RecentBlocks', () => {
  it('forgets the oldest blocks beyond its size and keeps the newest', () => {
    const recent = new RecentBlocks(25);
    for (let seq = 1; seq <= 5; seq++) recent.add({ log: 0, lane: 1, firstSeq: seq, lines: ['0123456789'] });
    expect([1, 2, 3, 4, 5].filter((seq) => recent.find(0, 1, seq) !== undefined)).toEqual([4, 5]);
  });
});

describe('halving a batch', () => {
  const arbitraryRuns = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }).map((sizes) =>
    sizes.map((size, lane): LeasedRun => {
      const lease: LaneLease = { log: 0, lane, fence: 1, configVersion: 1, seq: 10, borderSeq: null };
      return {
        lease,
        run: { log: 0, lane, firstSeq: 11, lines: Array.from({ length: size }, (_, i) => `${lane}/${i}`) },
      };
    }),
  );
  const placesOf = (runs: readonly LeasedRun[]) =>
    runs.flatMap(({ run }) => run.lines.map((line, i) => `${run.lane}:${run.firstSeq + i}=${line}`));

  it('gives two smaller parts that together are the whole, each line at its place, each lane in order', () => {
    fc.assert(
      fc.property(
        arbitraryRuns.filter((runs) => placesOf(runs).length > 1),
        (runs) => {
          const [first, second] = halve(runs);
          expect([...placesOf(first), ...placesOf(second)].sort()).toEqual(placesOf(runs).sort());
          expect(first.length).toBeGreaterThan(0);
          expect(second.length).toBeGreaterThan(0);
          for (const { lease, run } of first) {
            const rest = second.find((other) => other.lease === lease);
            if (rest !== undefined) expect(rest.run.firstSeq).toBe(run.firstSeq + run.lines.length);
          }
        },
      ),
    );
  });
});

describe('the state of a subject', () => {
  const mine = defineSection<{ n: number }>('mine');
  const theirs = defineSection<{ text: string }>('theirs');

  it('keeps what each module wrote apart and whole through storage', () => {
    const subject = new Subject('id');
    subject.set(mine, { n: 1 });
    subject.set(theirs, { text: 'x' });
    const read = new Subject('id', subject.encode());
    expect([read.get(mine), read.get(theirs), read.dirty]).toEqual([{ n: 1 }, { text: 'x' }, false]);
    read.set(mine, undefined);
    const again = new Subject('id', read.encode());
    expect([again.get(mine), again.get(theirs), read.dirty]).toEqual([undefined, { text: 'x' }, true]);
  });
});
