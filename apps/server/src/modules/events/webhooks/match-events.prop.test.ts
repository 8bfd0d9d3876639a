import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type EndpointDefinition, fitsPattern, isWanted } from './match-events.ts';

/** The same question asked of a regular expression. */
function oracle(pattern: string, text: string): boolean {
  const source = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`));
  return new RegExp(`^${source.join('.*')}$`, 's').test(text);
}

it('a pattern fits what a regular expression says it fits', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', '.'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', '.', '*'), maxLength: 8 });
  fc.assert(
    fc.property(pattern, text, (p, t) => {
      expect(fitsPattern(p, t)).toBe(oracle(p, t));
    }),
  );
});

it('a pattern made to be slow is not', () => {
  // By backtracking, or in a time that grows with the square of the text, this would not end.
  expect(fitsPattern('*a'.repeat(100), 'a'.repeat(500_000).concat('b'))).toBe(false);
});

const endpoint = (fields: Partial<EndpointDefinition>): EndpointDefinition => ({
  workspaceId: 1,
  id: '0',
  events: [],
  sourceNumber: undefined,
  includePersonal: false,
  consent: { categories: [], isAdvertising: false },
  startsAfter: new Map(),
  ...fields,
});
const event = (fields: object = {}) =>
  ({ type: 'track', name: 'Order Completed', log: 0, lane: 3, seq: 10, payload: { source: 2 }, ...fields }) as const;

it('an endpoint without filters wants every event, of those with filters any one must fit', () => {
  expect(isWanted(endpoint({}), event())).toBe(true);
  const orders = endpoint({
    events: [{ name: 'Order *' }, { type: 'internal', name: 'Segment Entered' }, { type: 'identify' }],
  });
  expect(isWanted(orders, event())).toBe(true);
  expect(isWanted(orders, event({ name: 'order completed' }))).toBe(false);
  expect(isWanted(orders, event({ type: 'internal', name: 'Segment Entered' }))).toBe(true);
  expect(isWanted(orders, event({ type: 'track', name: 'Segment Entered' }))).toBe(false);
  expect(isWanted(orders, event({ type: 'identify', name: '' }))).toBe(true);
});

it('what lay in the log before an endpoint, is of another source, inner book-keeping or a replay is not for it', () => {
  const from10 = endpoint({ startsAfter: new Map([['0/3', 10]]) });
  expect([9, 10, 11].map((seq) => isWanted(from10, event({ seq })))).toEqual([false, false, true]);
  expect(isWanted(from10, event({ log: 1 }))).toBe(true);
  expect([1, 2].map((sourceNumber) => isWanted(endpoint({ sourceNumber }), event()))).toEqual([false, true]);
  expect(isWanted(endpoint({ sourceNumber: 2 }), event({ payload: {} }))).toBe(false);
  expect(isWanted(endpoint({}), event({ type: 'map' }))).toBe(false);
  expect(isWanted(endpoint({}), event({ payload: { replayOf: [0, 0, 1, 1] } }))).toBe(false);
});
