import { readFileSync } from 'node:fs';
import type { JourneyGraph } from '@segue/contract';
import { describe, expect, it } from 'vitest';

import { compileGraph } from './graph.ts';
import { MEMORY_KEYS_MAX, mergeSections, remember, type JourneySection } from './memory.ts';
import { step, TRANSITIONS } from './step.ts';
import { liveWith, shopEvent, StoredProfile } from './testing/run-history.ts';
import { EPOCH_MS, MINUTE_MS, TEMPLATE } from './testing/arbitrary-journey.ts';
import type { Facts, JourneyRun } from './types.ts';

const at = (minute: number): number => EPOCH_MS + minute * MINUTE_MS;
const event = (name: string, minute: number, place = { lane: 0, seq: minute + 1 }) =>
  shopEvent({ name, minute, cart: 'a', total: 2 }, place);

const graph: JourneyGraph = {
  entry: { kind: 'event', event: 'Cart Filled' },
  reentry: 'afterEnd',
  goal: { event: 'Order Completed' },
  start: 'wait',
  steps: [
    {
      id: 'wait',
      kind: 'waitForEvent',
      events: [{ event: 'Page Seen', next: 'again' }],
      timeout: { minutes: 30 },
      onTimeout: 'mail',
    },
    { id: 'again', kind: 'waitForEvent', events: [{ event: 'Page Seen', next: 'mail' }], timeout: { minutes: 30 } },
    {
      id: 'mail',
      kind: 'send',
      channel: 'email',
      template: TEMPLATE,
      topic: 'marketing',
      variables: { sum: { property: 'total' }, code: { value: 'X' } },
    },
  ],
};

describe('the engine', () => {
  it('has the transition table its README shows', () => {
    const kinds = ['entered', 'event', 'segmentChanged', 'woke', 'stopped', 'merged'] as const;
    const lines = Object.entries(TRANSITIONS).map(
      ([state, row]) => `| ${[state, ...kinds.map((kind) => row[kind])].join(' | ')} |`,
    );
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    for (const line of lines) expect(readme).toContain(line);
  });

  it('takes two events to pass two waits for the same event', () => {
    const profile = new StoredProfile(liveWith(graph));
    profile.hear([event('Cart Filled', 0)], at(0));
    profile.hear([event('Page Seen', 5)], at(5));
    expect(profile.runs[0]?.stepId).toBe('again');
    profile.hear([event('Page Seen', 5)], at(5));
    expect(profile.runs[0]?.stepId).toBe('again');
    profile.hear([event('Page Seen', 6)], at(6));
    expect(profile.outcomes.map(({ effect }) => effect.kind === 'send' && effect.variables).filter(Boolean)).toEqual([
      { sum: 2, code: 'X' },
    ]);
  });

  it('hears an event that happened after a wait began but was processed before it', () => {
    const profile = new StoredProfile(liveWith(graph));
    profile.hear([event('Page Seen', 5)], at(6));
    profile.hear([event('Cart Filled', 0, { lane: 1, seq: 1 })], at(7));
    expect(profile.runs[0]?.path.map(([stepId]) => stepId)).toEqual(['wait', 'again']);
  });

  it('lets the time-out win over an event that happened after it, though the waker is late', () => {
    const profile = new StoredProfile(liveWith(graph));
    profile.hear([event('Cart Filled', 0)], at(0));
    profile.hear([event('Page Seen', 31)], at(31));
    expect(profile.runs[0]?.path.map(([stepId]) => stepId)).toEqual(['wait', 'mail']);
  });

  it('counts a goal of the very instant of the entry, and not an order from before it', () => {
    for (const [minute, reason] of [
      [10, 'goal'],
      [9, null],
    ] as const) {
      const profile = new StoredProfile(liveWith(graph));
      profile.hear([event('Order Completed', minute)], at(11));
      profile.hear([event('Cart Filled', 10, { lane: 1, seq: 1 })], at(12));
      expect(profile.runs[0]?.reason).toBe(reason);
    }
  });

  it('lets an event be goal of one run and entry of the next', () => {
    const repeat: JourneyGraph = { ...graph, entry: { kind: 'event', event: 'Order Completed' } };
    const profile = new StoredProfile(liveWith(repeat));
    profile.hear([event('Order Completed', 0)], at(0));
    profile.hear([event('Order Completed', 9)], at(9));
    expect(profile.runs.map((run) => run.reason)).toEqual(['goal', null]);
  });

  it('starts nothing for an event that carries no key when the journey has one', () => {
    const profile = new StoredProfile(liveWith({ ...graph, key: 'cart' }));
    profile.hear(
      [shopEvent({ name: 'Cart Filled', minute: 0, cart: undefined, total: 0 }, { lane: 0, seq: 1 })],
      at(0),
    );
    expect(profile.runs).toEqual([]);
  });

  it('waits for the event of its own key only, where that event carries it', () => {
    const keyed: JourneyGraph = {
      ...graph,
      key: 'cart',
      steps: [
        {
          id: 'wait',
          kind: 'waitForEvent',
          events: [{ event: 'Page Seen', key: 'total', next: 'again' }],
          timeout: { minutes: 30 },
          onTimeout: 'mail',
        },
        ...graph.steps.slice(1),
      ],
    };
    const profile = new StoredProfile(liveWith(keyed));
    profile.hear([shopEvent({ name: 'Cart Filled', minute: 0, cart: '7', total: 0 }, { lane: 0, seq: 1 })], at(0));
    for (const [total, stepId] of [
      [6, 'wait'],
      [7, 'again'],
    ] as const) {
      profile.hear(
        [shopEvent({ name: 'Page Seen', minute: total, cart: undefined, total }, { lane: 0, seq: total })],
        at(total),
      );
      expect(profile.runs[0]?.stepId).toBe(stepId);
    }
  });

  it('branches on segment, trait and property, and takes the first branch that holds', () => {
    const segment = `seg_${'1'.repeat(32)}`;
    const branching = compileGraph({
      ...graph,
      start: 'ask',
      steps: [
        {
          id: 'ask',
          kind: 'branch',
          branches: [
            {
              when: [
                { segment, member: true },
                { trait: 'plan', op: 'equals', value: 'gold' },
              ],
              next: 'one',
            },
            { when: [{ property: 'total', op: 'moreThan', value: 1 }], next: 'two' },
          ],
          otherwise: 'three',
        },
        ...['one', 'two', 'three'].map((id) => ({ id, kind: 'delay' as const, duration: { hours: 1 } })),
      ],
    });
    const facts: Facts = { isHeld: false, segments: [segment], traits: { plan: 'gold' }, recalled: {} };
    const stepOf = (given: Partial<Facts>, total: number): string | null =>
      step(branching, NEW_RUN, {
        kind: 'entered',
        event: shopEvent({ name: 'Cart Filled', minute: 0, cart: 'a', total }, { lane: 0, seq: 1 }),
        key: '',
        now: at(0),
        facts: { ...facts, ...given },
      }).run.stepId;
    expect(stepOf({}, 2)).toBe('one');
    expect(stepOf({ segments: [] }, 2)).toBe('two');
    expect(stepOf({ traits: {} }, 1)).toBe('three');
  });

  it('ends a graph that leads in circles instead of hanging', () => {
    const circle = compileGraph({
      ...graph,
      start: 'a',
      steps: [
        { id: 'a', kind: 'branch', branches: [{ when: [{ property: 'total', op: 'missing' }] }], otherwise: 'b' },
        { id: 'b', kind: 'branch', branches: [{ when: [{ property: 'total', op: 'missing' }] }], otherwise: 'a' },
      ],
    });
    const facts = { isHeld: false, segments: [], traits: {}, recalled: {} };
    expect(
      step(circle, NEW_RUN, { kind: 'entered', event: event('Cart Filled', 0), key: '', now: at(0), facts }).run.state,
    ).toBe('ended');
  });

  it('keeps only text that every engine can hold', () => {
    const profile = new StoredProfile(liveWith({ ...graph, key: 'cart' }));
    profile.hear(
      [shopEvent({ name: 'Cart Filled', minute: 0, cart: 'a\0\ud800', total: 0 }, { lane: 0, seq: 1 })],
      at(0),
    );
    expect(profile.runs[0]?.key).toBe('a\ufffd');
  });
});

describe('the memory', () => {
  it('keeps the newest keys of a slot, whatever order they come in, and merges like it remembers', () => {
    const happenings = Array.from({ length: 100 }, (_, i) => ({ slot: 's', key: `k${i}`, atMs: at(i) }));
    const all = (list: typeof happenings): JourneySection =>
      list.reduce((section, happening) => remember(section, happening, at(100)), {} as JourneySection);
    const forward = all(happenings);
    expect(Object.keys(forward.m?.['s'] ?? {}).sort()).toEqual(
      happenings
        .slice(-MEMORY_KEYS_MAX)
        .map(({ key }) => key)
        .sort(),
    );
    expect(all([...happenings].reverse()).m).toEqual(forward.m);
    expect(mergeSections(all(happenings.slice(0, 60)), all(happenings.slice(40)), at(100)).m).toEqual(forward.m);
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
