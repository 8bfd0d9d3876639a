import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../platform/json.ts';
import { IdentifierReader } from '../../profiles/index.ts';
import { readIdentifiers } from './read-identifiers.ts';

const reader = new IdentifierReader();
const type = fc.constantFrom('track', 'identify', 'page', 'screen', 'group', 'alias');
const JUNK = [
  '',
  ' ',
  'null',
  'undefined',
  'NONE',
  '0',
  '-1',
  'NaN',
  '[object Object]',
  'anonymous',
  0,
  -1,
  null,
  true,
  {},
  [],
];
const junk = fc.constantFrom(...JUNK, '00000000-0000-0000-0000-000000000000');
const good = fc.constantFrom('ada', 'bob', ' ada ', 'ada@shop.example', 'ADA@shop.example', '+44 20 7946 0018', 42);

/** An event with `value` in every field identifiers are read from, left out here and there. */
function eventOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<JsonObject> {
  const optional = { requiredKeys: [] };
  const traits = fc.record(
    { email: value, phone: value, phone_number: value, loyalty_id: value, loyaltyId: value },
    optional,
  );
  const kind = fc.constantFrom(
    'user_id',
    'email',
    'phone',
    'anonymous_id',
    'ios.id',
    'channel',
    'constructor',
    '__proto__',
  );
  const context = fc.record(
    {
      device: fc.record({ id: value }),
      traits,
      externalIds: fc.array(fc.record({ type: kind, id: value }, optional), { maxLength: 4 }),
    },
    optional,
  );
  const fields = { userId: value, anonymousId: value, previousId: value, traits, context, properties: traits };
  return fc.record(fields, optional) as fc.Arbitrary<JsonObject>;
}

const read = (item: JsonObject, of: string, isTrusted: boolean) =>
  readIdentifiers(item, of as 'track', { reader, isTrusted, context: undefined });

describe('the identifiers of an event', () => {
  it('are none when every field holds junk', () => {
    fc.assert(
      fc.property(eventOf(junk), type, fc.boolean(), (item, of, isTrusted) => {
        expect(read(item, of, isTrusted)).toEqual({ identifiers: [], claims: undefined });
      }),
      { numRuns: 2_000 },
    );
  });

  it('are each there once, by rank, and what is only claimed is named', () => {
    fc.assert(
      fc.property(eventOf(fc.oneof(good, junk)), type, fc.boolean(), (item, of, isTrusted) => {
        const { identifiers, claims } = read(item, of, isTrusted);
        const names = identifiers.map(({ kind, value }) => `${kind} ${value}`);
        expect(new Set(names).size).toBe(names.length);
        const isAddress = (kind: string) => kind === 'email' || kind === 'phone';
        const addresses = identifiers.flatMap(({ kind }, place) => (isAddress(kind) ? [place] : []));
        expect(claims ?? []).toEqual(isTrusted ? [] : addresses);
        const order = reader.rules.kinds.map(({ kind }) => kind);
        const ranks = identifiers.map(({ kind }) => order.indexOf(kind));
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
        // Trust changes what may be believed, never what is found.
        const other = read(item, of, !isTrusted).identifiers.map(({ kind, value }) => `${kind} ${value}`);
        expect([...other].sort()).toEqual([...names].sort());
      }),
      { numRuns: 2_000 },
    );
  });

  it('never come from its properties, nor from the traits of a company', () => {
    fc.assert(
      fc.property(eventOf(good), type, (item, of) => {
        const { properties: _said, ...without } = item;
        const known = of === 'identify' ? without : { ...without, traits: {} };
        expect(read(item, of, false)).toEqual(read(known, of, false));
      }),
    );
  });
});
