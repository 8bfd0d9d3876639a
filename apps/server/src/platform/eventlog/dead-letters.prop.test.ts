import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { isReplayedLine, replayedLine } from './dead-letters.ts';
import { decodeEvent, encodeEvent, INTAKE_LOG, type LogId, type StoredEvent } from './event.ts';
import type { LanePosition } from './lease.ts';

const object = fc.dictionary(fc.constantFrom('a', 'replayOf', 'x]}]'), fc.jsonValue(), { noNullPrototype: true });
const event: fc.Arbitrary<StoredEvent> = fc
  .record({
    name: fc.string(),
    id: fc.string({ minLength: 1 }),
    sealed: fc.constantFrom('', 'c2VhbGVk', ',"replayOf":[0,1,2,3]}]'),
    nodes: fc.array(fc.record({ kind: fc.nat(9), id: fc.nat() }), { maxLength: 3 }),
    payload: fc.record(
      { source: fc.nat(9), properties: object, traits: object, context: object },
      { requiredKeys: [], noNullPrototype: true },
    ),
  })
  .map((fields) => ({
    workspaceId: 1,
    type: 'track',
    occurredAt: 1,
    receivedAt: 2,
    ...fields,
    payload: fields.payload as Record<string, JsonObject>,
  }));
const place = fc.record({
  log: fc.constant<LogId>(INTAKE_LOG),
  lane: fc.nat(15),
  seq: fc.integer({ min: 1, max: 1e9 }),
});
const ELSEWHERE: LanePosition = { log: INTAKE_LOG, lane: 0, seq: 0 };

describe('the line of an event taken again', () => {
  it('is told from every other line, whatever their events hold', () => {
    fc.assert(
      fc.property(event, place, fc.integer({ min: 1, max: 9 }), (one, at, failures) => {
        const line = encodeEvent(one);
        expect(isReplayedLine(line)).toBe(false);
        expect(isReplayedLine(replayedLine({ ...at, line, failures }))).toBe(true);
      }),
    );
  });

  it('is the same event with its first place, however often it is taken again', () => {
    fc.assert(
      fc.property(event, fc.array(place, { minLength: 1, maxLength: 4 }), (one, places) => {
        let line = encodeEvent(one);
        places.forEach((at, turn) => (line = replayedLine({ ...at, line, failures: turn + 1 })));
        const { payload, ...rest } = decodeEvent(line, ELSEWHERE);
        const first = places[0]!;
        const { payload: original, ...others } = decodeEvent(encodeEvent(one), ELSEWHERE);
        expect(rest).toEqual(others);
        expect(payload).toEqual({ ...original, replayOf: [first.log, first.lane, first.seq, places.length] });
      }),
    );
  });
});
