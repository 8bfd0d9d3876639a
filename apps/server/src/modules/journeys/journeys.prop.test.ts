import { findGraphFaults, journeyGraphSchema } from '@segue/contract';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compileGraph } from './graph.ts';
import {
  arbitraryGraph,
  arbitraryShopEvent,
  EPOCH_MS,
  HORIZON_MIN,
  MINUTE_MS,
  type ShopEvent,
} from './testing/arbitrary-journey.ts';
import { naiveRuns } from './testing/naive-journey.ts';
import { liveWith, shopEvent, StoredProfile, type LoggedShopEvent } from './testing/run-history.ts';
import { step } from './step.ts';
import type { JourneyRun, RunInput } from './types.ts';

const at = (minute: number): number => EPOCH_MS + minute * MINUTE_MS;
const minuteOf = (ms: number): number => (ms - EPOCH_MS) / MINUTE_MS;
const byMinute = (events: readonly ShopEvent[]): ShopEvent[] => [...events].sort((a, b) => a.minute - b.minute);
/** No two at one instant: which of those came first only the log knows, and `counts` in graph.ts says what they are worth. */
const arbitraryHistory = fc.uniqueArray(arbitraryShopEvent, {
  selector: ({ minute }) => minute,
  minLength: 2,
  maxLength: 14,
  size: 'max',
});

/** Delivery in any order over three lanes, in batches, with a waker that comes when it comes. */
const arbitraryDelivery = fc.array(
  fc.record({
    event: arbitraryShopEvent,
    arrivesLate: fc.integer({ min: 0, max: 15 }),
    lane: fc.integer({ min: 0, max: 2 }),
    isWakerOn: fc.boolean(),
  }),
  { minLength: 2, maxLength: 16, size: 'max' },
);
type Delivered = { readonly event: LoggedShopEvent; readonly now: number; readonly isWakerOn: boolean };

function deliver(
  arrivals: readonly { event: ShopEvent; arrivesLate: number; lane: number; isWakerOn: boolean }[],
): Delivered[] {
  const inOrder = [...arrivals].sort((a, b) => a.event.minute + a.arrivesLate - (b.event.minute + b.arrivesLate));
  return inOrder.map(({ event, arrivesLate, lane, isWakerOn }, index) => ({
    event: shopEvent(event, { lane, seq: index + 1 }),
    now: at(event.minute + arrivesLate),
    isWakerOn,
  }));
}

function concernsRun(run: JourneyRun, event: LoggedShopEvent): boolean {
  const cart = event.payload.properties?.['cart'];
  return run.key === '' || cart === undefined || cart === run.key;
}

describe('journeys', () => {
  it('do what a routine that walks the graph by hand does, for any graph and history', () => {
    const seen = { runs: 0, sends: 0, goals: 0 };
    fc.assert(
      fc.property(arbitraryGraph, arbitraryHistory, (graph, history) => {
        expect(journeyGraphSchema.safeParse(graph).error?.issues).toBeUndefined();
        const events = byMinute(history);
        const profile = new StoredProfile(liveWith(graph));
        let seq = 0;
        for (let minute = 0; minute <= HORIZON_MIN; minute++) {
          profile.wakeDue(at(minute));
          const now = events
            .filter((event) => event.minute === minute)
            .map((event) => shopEvent(event, { lane: 0, seq: ++seq }));
          if (now.length > 0) profile.hear(now, at(minute));
        }
        const sent = profile.outcomes.filter((outcome) => outcome.effect.kind === 'send');
        const actual = profile.runs
          .sort((a, b) => Number(a.id.slice(3)) - Number(b.id.slice(3)))
          .map((run) => ({
            key: run.key,
            entered: minuteOf(run.enteredAt),
            ended: run.endedAt === null ? null : minuteOf(run.endedAt),
            reason: run.reason,
            goal: run.goalAt === null ? null : minuteOf(run.goalAt),
            sent: sent.flatMap(({ run: { id }, effect }) =>
              id === run.id && effect.kind === 'send'
                ? [{ step: effect.stepId, minute: minuteOf(run.path.find(([stepId]) => stepId === effect.stepId)![1]) }]
                : [],
            ),
          }));
        expect(actual).toEqual(naiveRuns(graph, events, HORIZON_MIN));
        seen.runs += actual.length;
        seen.sends += sent.length;
        seen.goals += actual.filter((run) => run.goal !== null).length;
      }),
      { numRuns: propertyRuns(3_000) },
    );
    expect(Math.min(seen.runs, seen.sends, seen.goals)).toBeGreaterThan(300);
  });

  it('send nothing once a goal or exit that follows the entry was processed, in whatever order events arrive', () => {
    let stopped = 0;
    fc.assert(
      fc.property(arbitraryGraph, arbitraryDelivery, (graph, arrivals) => {
        const profile = new StoredProfile(liveWith(graph));
        const processed: LoggedShopEvent[] = [];
        for (const { event, now, isWakerOn } of deliver(arrivals)) {
          if (isWakerOn) profile.wakeDue(now);
          const before = profile.outcomes.length;
          profile.hear([event], now);
          processed.push(event);
          const names = [
            ...(graph.goal === undefined ? [] : ['Order Completed']),
            ...(graph.exits === undefined ? [] : ['Cart Cleared']),
          ];
          for (const run of profile.runs) {
            const isStopped = processed.some(
              (p) => names.includes(p.name) && p.occurredAt >= run.enteredAt && concernsRun(run, p),
            );
            if (!isStopped) continue;
            stopped += 1;
            expect(run.state).not.toBe('waiting');
          }
          const fresh = profile.outcomes.slice(before).filter((outcome) => outcome.effect.kind === 'send');
          for (const { run } of fresh) {
            const isStopped = processed.some(
              (p) => names.includes(p.name) && p.occurredAt >= run.enteredAt && concernsRun(run, p),
            );
            expect(isStopped).toBe(false);
          }
        }
      }),
      { numRuns: propertyRuns(3_000) },
    );
    expect(stopped).toBeGreaterThan(1_000);
  });

  it('end a run only for an event of its own key, or of none', () => {
    fc.assert(
      fc.property(
        arbitraryGraph.filter((graph) => graph.key !== undefined),
        arbitraryDelivery,
        (graph, arrivals) => {
          const profile = new StoredProfile(liveWith(graph));
          const deliveries = deliver(arrivals);
          for (const { event, now } of deliveries) {
            profile.wakeDue(now);
            profile.hear([event], now);
          }
          for (const run of profile.runs.filter(({ reason }) => reason === 'goal' || reason === 'exit_condition')) {
            const name = run.reason === 'goal' ? 'Order Completed' : 'Cart Cleared';
            expect(
              deliveries.some(
                ({ event }) => event.name === name && event.occurredAt >= run.enteredAt && concernsRun(run, event),
              ),
            ).toBe(true);
          }
        },
      ),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('never have two runs at once for one key, never one too many by the re-entry rule, never one intent twice', () => {
    fc.assert(
      fc.property(arbitraryGraph, arbitraryDelivery, (graph, arrivals) => {
        const profile = new StoredProfile(liveWith(graph));
        for (const { event, now, isWakerOn } of deliver(arrivals)) {
          if (isWakerOn) profile.wakeDue(now);
          profile.hear([event], now);
          const waiting = profile.runs.filter((run) => run.state === 'waiting').map((run) => run.key);
          expect(new Set(waiting).size).toBe(waiting.length);
          expect(profile.section.n ?? 0).toBe(profile.runs.filter((run) => run.state !== 'ended').length);
        }
        if (graph.reentry === 'never')
          expect(new Set(profile.runs.map((run) => run.key)).size).toBe(profile.runs.length);
        const intents = profile.outcomes.flatMap(({ effect }) => (effect.kind === 'send' ? [effect.intentKey] : []));
        expect(new Set(intents).size).toBe(intents.length);
        for (const run of profile.runs) {
          const causes = run.path.map(([, , cause]) => cause).filter((cause) => cause !== '');
          expect(new Set(causes).size).toBe(causes.length);
        }
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('are moved by a cause once: one that is offered again, event or wake, changes nothing', () => {
    let offeredAgain = 0;
    fc.assert(
      fc.property(arbitraryGraph, arbitraryDelivery, (graph, arrivals) => {
        const compiled = compileGraph(graph);
        const { inputs } = driveOneRun(graph, arrivals);
        const used: RunInput[] = [];
        inputs.reduce((run, input) => {
          const moved = step(compiled, run, input).run;
          if (moved !== run) used.push(input);
          for (const again of used) expect(step(compiled, moved, again)).toEqual({ run: moved, effects: [] });
          offeredAgain += used.length;
          return moved;
        }, NEW_RUN);
      }),
      { numRuns: propertyRuns(1_000) },
    );
    expect(offeredAgain).toBeGreaterThan(1_000);
  });

  it('take the same path when their recorded inputs are replayed', () => {
    let moves = 0;
    fc.assert(
      fc.property(arbitraryGraph, arbitraryDelivery, (graph, arrivals) => {
        const live = driveOneRun(graph, arrivals);
        const recorded = JSON.parse(JSON.stringify(live.inputs)) as RunInput[];
        const compiled = compileGraph(JSON.parse(JSON.stringify(graph)) as typeof graph);
        const replayed = recorded.reduce(
          (run, input) => JSON.parse(JSON.stringify(step(compiled, run, input).run)) as JourneyRun,
          NEW_RUN,
        );
        expect(replayed).toEqual(live.run);
        moves += live.run.path.length;
      }),
      { numRuns: propertyRuns(1_000) },
    );
    expect(moves).toBeGreaterThan(1_000);
  });

  it('of two profiles that turn out to be one keep the older run of each key, stopped by what either of them did', () => {
    let merged = 0;
    fc.assert(
      fc.property(arbitraryGraph, arbitraryDelivery, arbitraryDelivery, (graph, ours, theirs) => {
        const live = liveWith(graph);
        const [into, from] = [new StoredProfile(live, 'p1'), new StoredProfile(live, 'p2')];
        for (const { event, now } of deliver(ours)) into.hear([event], now);
        for (const { event, now } of deliver(theirs)) from.hear([event], now);
        const before = [...into.runs, ...from.runs].filter((run) => run.state === 'waiting');
        const opened = into.open(at(HORIZON_MIN));
        opened.absorb(from.open(at(HORIZON_MIN)));
        const waiting = [...opened.runs.values()].filter((run) => run.state === 'waiting');
        expect(new Set(waiting.map((run) => run.key)).size).toBe(waiting.length);
        for (const run of waiting) {
          expect(run.profileId).toBe('p1');
          const rivals = before.filter(({ key }) => key === run.key);
          expect(Math.min(...rivals.map((rival) => rival.enteredAt))).toBe(run.enteredAt);
          const processed = [...deliver(ours), ...deliver(theirs)].map(({ event }) => event);
          const names = [
            ...(graph.goal === undefined ? [] : ['Order Completed']),
            ...(graph.exits === undefined ? [] : ['Cart Cleared']),
          ];
          expect(
            processed.some((p) => names.includes(p.name) && p.occurredAt >= run.enteredAt && concernsRun(run, p)),
          ).toBe(false);
        }
        merged += [...opened.runs.values()].filter((run) => run.reason === 'merged').length;
        expect(opened.section.n).toBe([...opened.runs.values()].filter((run) => run.state !== 'ended').length);
      }),
      { numRuns: propertyRuns(1_000) },
    );
    expect(merged).toBeGreaterThan(50);
  });
});

const NEW_RUN: JourneyRun = {
  id: 'r1',
  journeyId: 'j1',
  version: 1,
  profileId: 'p1',
  key: '',
  state: 'new',
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
};

/** One run by hand, every input recorded: the first entry event starts it, the rest are offered, waits are woken. */
function driveOneRun(
  graph: Parameters<typeof compileGraph>[0],
  arrivals: Parameters<typeof deliver>[0],
): { run: JourneyRun; inputs: RunInput[] } {
  const compiled = compileGraph(graph);
  const facts = { isHeld: false, segments: [], traits: {}, recalled: {} };
  const inputs: RunInput[] = [];
  let run = NEW_RUN;
  const offer = (input: RunInput): void => {
    inputs.push(input);
    run = step(compiled, run, input).run;
  };
  for (const { event, now, isWakerOn } of deliver(arrivals)) {
    if (isWakerOn && run.wakeAt !== null && run.wakeAt <= now) offer({ kind: 'woke', wakeAt: run.wakeAt, now, facts });
    if (run.state === 'new' && event.name === 'Cart Filled') offer({ kind: 'entered', event, key: '', now, facts });
    else offer({ kind: 'event', event, now, facts });
  }
  return { run, inputs };
}

describe('a graph the generator makes', () => {
  it('has no fault but steps that cannot be reached', () => {
    fc.assert(
      fc.property(arbitraryGraph, (graph) => {
        expect(findGraphFaults(graph).filter(({ message }) => !message.includes('cannot be reached'))).toEqual([]);
      }),
    );
  });
});
