import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findRepeats, type StepMessage } from './find-repeats.ts';
import { keptRuns } from './kept-runs.ts';
import type { JourneyRun } from './types.ts';

const anyRun = fc.record({
  id: fc.uuid(),
  journeyId: fc.constantFrom('j1', 'j2'),
  key: fc.constantFrom('', 'a'),
  state: fc.constantFrom<JourneyRun['state'][]>('waiting', 'waiting', 'watching', 'ended'),
  enteredAt: fc.integer({ min: 0, max: 4 }),
  profileId: fc.constantFrom('p1', 'p2', 'p3', 'p4', 'p5'),
});

function runOf(said: Partial<JourneyRun>): JourneyRun {
  return {
    id: '',
    journeyId: 'j1',
    version: 1,
    profileId: 'p1',
    key: '',
    state: 'waiting',
    stepId: null,
    atMs: 0,
    wakeAt: null,
    enteredAt: 0,
    endedAt: null,
    reason: null,
    goalAt: null,
    properties: {},
    path: [],
    node: null,
    ...said,
  };
}

/** Merges two groups of profiles after another, in the order of `pairs`, as the stage does; answers what still goes on. */
function mergeAll(runs: readonly JourneyRun[], pairs: readonly (readonly [number, number])[]): Set<string> {
  const groups = new Map<string, JourneyRun[]>();
  const groupOf = (profile: string): string =>
    [...groups].find(([, members]) => members.some(({ profileId }) => profileId === profile))?.[0] ?? profile;
  for (const run of runs) groups.set(run.profileId, [...(groups.get(run.profileId) ?? []), run]);
  const settle = (members: readonly JourneyRun[]): JourneyRun[] => {
    const kept = keptRuns(members);
    return members.map((run) => (kept.has(run.id) ? run : { ...run, state: 'ended' as const }));
  };
  const all = [...groups.keys()];
  const rest = all.slice(1).map((profile) => [all[0]!, profile] as const);
  for (const [a, b] of [...pairs.map(([x, y]) => [`p${x}`, `p${y}`] as const), ...rest]) {
    const [into, from] = [groupOf(a), groupOf(b)];
    if (into === from || !groups.has(into) || !groups.has(from)) continue;
    groups.set(into, settle([...groups.get(into)!, ...groups.get(from)!]));
    groups.delete(from);
  }
  return new Set([...groups.values()].flat().flatMap((run) => (run.state === 'ended' ? [] : [run.id])));
}

/** Each profile on its own never has two waiting runs of one journey and key. */
const anyRuns = fc
  .uniqueArray(anyRun, { selector: ({ id }) => id, minLength: 1, maxLength: 14, size: 'max' })
  .map((all) =>
    all
      .filter(
        (run, index) =>
          run.state !== 'waiting' ||
          !all
            .slice(0, index)
            .some(
              (other) =>
                other.state === 'waiting' &&
                [other.journeyId, other.key, other.profileId].join() === [run.journeyId, run.key, run.profileId].join(),
            ),
      )
      .map(runOf),
  );
const anyPairs = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })), { maxLength: 8 });

describe('the runs of profiles that turn out to be one', () => {
  it('are the same ones in whatever order the profiles are merged, one of each journey and key', () => {
    let ended = 0;
    fc.assert(
      fc.property(anyRuns, anyPairs, anyPairs, (runs, one, another) => {
        const left = mergeAll(runs, one);
        expect(mergeAll(runs, another)).toEqual(left);
        const waiting = runs.filter((run) => run.state === 'waiting' && left.has(run.id));
        const places = waiting.map((run) => `${run.journeyId} ${run.key}`);
        expect(new Set(places).size).toBe(places.length);
        // The first that was entered of each place, found by looking at all of them.
        for (const run of waiting) {
          const rivals = runs.filter(
            (other) => other.state === 'waiting' && other.journeyId === run.journeyId && other.key === run.key,
          );
          expect(Math.min(...rivals.map((rival) => rival.enteredAt))).toBe(run.enteredAt);
          ended += rivals.length - 1;
        }
        for (const run of runs) if (run.state === 'watching') expect(left).toContain(run.id);
      }),
      { numRuns: propertyRuns(2_000) },
    );
    expect(ended).toBeGreaterThan(300);
  });
});

describe('messages of profiles that turn out to be one', () => {
  const anyMessages = anyRuns.chain((runs) =>
    fc
      .array(
        fc.record({
          id: fc.uuid(),
          status: fc.constantFrom('queued', 'queued', 'sent'),
          run: fc.integer({ min: 0, max: runs.length - 1 }),
          stepId: fc.constantFrom('mail', 'reminder'),
        }),
        { minLength: 1, maxLength: 10 },
      )
      .map((said) => ({
        runs,
        messages: said.map(({ id, status, run, stepId }): StepMessage => ({
          id,
          status,
          source: { runId: runs[run]!.id, stepId },
        })),
      })),
  );

  it('say each step of a journey once, never nothing, and never withdraw what has left or is one profile’s own affair', () => {
    let withdrawn = 0;
    fc.assert(
      fc.property(anyMessages, ({ runs, messages }) => {
        const repeats = findRepeats(messages, runs);
        const runById = new Map(runs.map((run) => [run.id, run]));
        const placeOf = ({ source }: StepMessage) => {
          const { journeyId, key } = runById.get(source.runId)!;
          return `${journeyId} ${key} ${source.stepId}`;
        };
        const left = messages.filter((message) => !repeats.includes(message));
        expect(repeats.every(({ status }) => status === 'queued')).toBe(true);
        expect(new Set(left.map(placeOf))).toEqual(new Set(messages.map(placeOf)));
        for (const waiting of left.filter(({ status }) => status === 'queued')) {
          const others = left.filter((other) => placeOf(other) === placeOf(waiting) && other.status === 'queued');
          expect(new Set(others.map(({ source }) => runById.get(source.runId)!.profileId)).size).toBe(1);
        }
        expect(findRepeats([...messages].reverse(), runs).length).toBe(repeats.length);
        withdrawn += repeats.length;
      }),
      { numRuns: propertyRuns(2_000) },
    );
    expect(withdrawn).toBeGreaterThan(200);
  });
});
