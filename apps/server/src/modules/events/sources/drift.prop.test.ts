import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { driftKey, driftsOf, noticeDrifts, NOTHING_OBSERVED, observe, type ObservedState } from './observed-state.ts';
import { ShapeTree } from './shape-tree.ts';
import { naiveDrifts, naiveFacts, naiveFields, type SeenEvent } from './testing/naive-schema.ts';

const leaf = fc.constantFrom<JsonObject[string]>(null, true, 1, 'x', [], {}, [1], ['a', null], [[1]], [{ price: 1 }]);
const { value } = fc.letrec<{ value: JsonObject[string] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'length', 'constructor'), tie('value'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
}));
const fields = fc.dictionary(fc.constantFrom('a', 'b', 'price', 'toString'), value, {
  maxKeys: 4,
  noNullPrototype: true,
});
const event = fc.record(
  { properties: fields, traits: fields, at: fc.integer({ min: 1, max: 1_000 }) },
  { requiredKeys: ['at'], noNullPrototype: true },
);
/** Long stretches of the same few events, as a source sends them: only so a field is steady, and then gone. */
const history = fc
  .array(fc.tuple(fc.array(event, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 130 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((stretches) =>
    stretches.flatMap(([few, times]) => Array.from({ length: times }, (_, i) => few[i % few.length]!)),
  );

function observeAll(events: readonly SeenEvent[], cuts: readonly number[]): ObservedState {
  const tree = new ShapeTree();
  let state = NOTHING_OBSERVED;
  events.forEach(({ properties, traits, at }, index) => {
    tree.see(properties, traits, at);
    // Kept and read again, as the table does.
    if (cuts.includes(index)) state = JSON.parse(JSON.stringify(observe(state, tree.take()))) as ObservedState;
  });
  return observe(state, tree.take());
}

const cuts = fc.array(fc.nat(400), { maxLength: 6 });

describe('what is observed of a kind of event', () => {
  it('says of one event exactly the paths and types it has', () => {
    fc.assert(
      fc.property(event, (one) => {
        const tree = new ShapeTree();
        tree.see(one.properties, one.traits, one.at);
        const [sighting] = tree.take().sightings;
        expect(new Set(sighting!.facts.map(({ path, type }) => `${type} ${path}`))).toEqual(naiveFacts(one));
      }),
    );
  });

  it('is the same however the events were cut into blocks, and what a naive reader of all of them finds', () => {
    fc.assert(
      fc.property(history, cuts, (events, at) => {
        const state = observeAll(events, at);
        const naive = naiveFields(events);
        expect(state.count).toBe(events.length);
        expect(new Set(Object.keys(state.fields))).toEqual(new Set(naive.keys()));
        for (const [path, field] of naive) {
          const found = state.fields[path]!;
          expect(found).toMatchObject({
            first: field.valued[0] ?? 0,
            last: field.valued.at(-1) ?? 0,
            count: field.valued.length,
          });
          const types = [...field.types].map(([type, seen]) => [
            type,
            {
              first: seen[0]!.ordinal,
              count: seen.length,
              firstAt: Math.min(...seen.map((s) => s.at)),
              lastAt: Math.max(...seen.map((s) => s.at)),
            },
          ]);
          expect(found.types).toEqual(Object.fromEntries(types));
        }
      }),
    );
  });

  it('drifts where the whole list of events says so, whatever the blocks', () => {
    fc.assert(
      fc.property(history, cuts, (events, at) => {
        expect(new Set(driftsOf(observeAll(events, at)).map(driftKey))).toEqual(naiveDrifts(events));
      }),
    );
  });

  it('tells a change once while it holds, and its end once', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 60 }), (events, size) => {
        const told = new Set<string>();
        let state = NOTHING_OBSERVED;
        for (let from = 0; from < events.length; from += size) {
          const tree = new ShapeTree();
          for (const { properties, traits, at } of events.slice(from, from + size)) tree.see(properties, traits, at);
          const noticed = noticeDrifts(observe(state, tree.take()));
          state = noticed.state;
          for (const drift of noticed.begun.map(driftKey)) {
            expect(told).not.toContain(drift);
            told.add(drift);
          }
          for (const drift of noticed.ended.map(driftKey)) expect(told.delete(drift)).toBe(true);
        }
        expect(told).toEqual(naiveDrifts(events));
      }),
    );
  });
});
