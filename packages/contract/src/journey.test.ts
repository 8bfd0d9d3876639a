import { describe, expect, it } from 'vitest';

import { findGraphFaults } from './journey-faults.ts';
import { journeyGraphSchema, type JourneyGraph } from './journey.ts';

const graph: JourneyGraph = {
  entry: { kind: 'event', event: 'Cart Filled' },
  key: 'cart_id',
  reentry: 'afterEnd',
  goal: { event: 'Order Completed' },
  start: 'wait',
  steps: [
    { id: 'wait', kind: 'delay', duration: { hours: 1 }, next: 'mail' },
    {
      id: 'mail',
      kind: 'send',
      channel: 'email',
      template: `tpl_${'0'.repeat(32)}`,
      topic: 'marketing',
      variables: { url: { property: 'cart_url' } },
    },
  ],
};
const faultsOf = (over: Partial<JourneyGraph>): string[] =>
  findGraphFaults({ ...graph, ...over }).map(({ field, message }) => `${field}: ${message}`);

describe('a journey graph', () => {
  it('passes when nothing is wrong with it', () => {
    expect(journeyGraphSchema.parse(graph)).toEqual(graph);
    expect(findGraphFaults(graph)).toEqual([]);
  });

  it('is refused with the field at fault and what to do', () => {
    const issues = (change: object): string[] =>
      (journeyGraphSchema.safeParse({ ...graph, ...change }).error?.issues ?? []).map(
        ({ path, message }) => `${path.join('.')}: ${message}`,
      );
    expect(issues({ steps: [{ id: 'wait', kind: 'pause' }] })).toEqual([
      'steps.0.kind: choose a kind of step: delay, waitForEvent, branch, send, exit',
    ]);
    expect(issues({ reentry: 'sometimes' })).toEqual(['reentry: choose never, always or afterEnd']);
    expect(issues({ steps: [{ id: 'wait', kind: 'delay', duration: { hours: 0 } }] })[0]).toContain(
      'steps.0.duration.hours',
    );
    expect(issues({ goal: { event: 'a\0' } })[0]).toContain('goal.event: remove the NUL');
    const saying = (value: unknown) => issues({ steps: [{ ...graph.steps[1], variables: { text: { value } } }] });
    expect(saying({ deep: ['\ud800'] })[0]).toContain('steps.0.variables.text');
    expect(saying('the text \\u0000')).toEqual([]);
    expect(issues({ surprise: 1 })).toHaveLength(1);
  });

  it.each([
    ['a start that is not there', { start: 'nowhere' }, 'start: there is no step "nowhere"'],
    [
      'a step that leads nowhere',
      { steps: [{ id: 'wait', kind: 'delay', duration: { hours: 1 }, next: 'gone' }] },
      'steps[0].next: step "wait" leads to "gone", which does not exist',
    ],
    ['a step nobody reaches', { start: 'mail' }, 'steps[0]: step "wait" cannot be reached'],
    [
      'two steps of one name',
      { steps: [...graph.steps, { id: 'mail', kind: 'exit' }] },
      'steps[2].id: step "mail" has the name of an earlier step',
    ],
    [
      'a loop',
      { steps: [{ id: 'wait', kind: 'delay', duration: { hours: 1 }, next: 'wait' }] },
      'steps[0].next: step "wait" leads back to "wait"',
    ],
    [
      'a key without an entry event',
      { entry: { kind: 'segmentEntered', segment: `seg_${'0'.repeat(32)}` } },
      'key: a key is read from the entry event',
    ],
    [
      'a property without an entry event',
      { entry: { kind: 'segmentEntered', segment: `seg_${'0'.repeat(32)}` } },
      'steps[1].variables.url: step "mail" uses a property',
    ],
    [
      'an entry that the journey causes itself',
      { entry: { kind: 'event', event: 'Message Sent' } },
      'entry.event: "Message Sent" is an effect of journeys',
    ],
  ] satisfies [string, Partial<JourneyGraph>, string][])('names %s', (_, over, expected) => {
    expect(
      faultsOf(over).some((fault) => fault.startsWith(expected)),
      faultsOf(over).join('\n'),
    ).toBe(true);
  });
});
