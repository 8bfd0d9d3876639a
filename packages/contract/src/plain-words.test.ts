import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { idSchema } from './endpoint.ts';
import { findFaults, inPlainWords } from './plain-words.ts';
import { segmentRuleSchema } from './segment-rule.ts';

const kinds = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('a') }),
  z.strictObject({ kind: z.literal('b') }),
]);

const CASES: readonly [name: string, schema: z.ZodType, input: unknown, words: string][] = [
  ['a missing text', z.strictObject({ x: z.string() }), {}, 'is missing; give a text'],
  ['a missing number', z.strictObject({ x: z.number() }), {}, 'is missing; give a number'],
  ['a missing choice', z.strictObject({ x: z.enum(['a', 'b']) }), {}, 'is missing; give one of "a", "b"'],
  ['a missing body', z.strictObject({}), undefined, 'is missing; give an object, like { "name": "value" }'],
  ['a number for a text', z.string(), 5, 'is a number; give a text'],
  ['a text for a number', z.number(), 'five', 'is a text; give a number'],
  ['a text for a number in a query', z.coerce.number(), 'five', 'is not a number; give a number'],
  ['a fraction for a whole number', z.int(), 1.5, 'is not a whole number; give a whole number'],
  ['a text for a switch', z.boolean(), 'yes', 'is a text; give true or false'],
  ['null for an object', z.strictObject({}), null, 'is null; give an object, like { "name": "value" }'],
  ['a list for an object', z.record(z.string(), z.string()), [], 'is a list; give an object, like { "name": "value" }'],
  ['an object for a list', z.array(z.string()), {}, 'is an object; give a list, like [ … ]'],
  [
    'a value that is none of the choices',
    z.enum(['a', 'b']),
    'c',
    'is not one of the values it may have; give one of "a", "b"',
  ],
  ['a value that is not the one', z.literal('email'), 'sms', 'is not one of the values it may have; give "email"'],
  [
    'a field nobody reads',
    z.strictObject({}),
    { nmae: 1 },
    'there is no such field here; correct its name or leave it out',
  ],
  ['an empty text', z.string().min(1), '', 'is empty; give at least 1 character'],
  ['a short text', z.string().min(3), 'ab', 'is too short; give at least 3 characters'],
  ['a long text', z.string().max(2), 'abc', 'is too long; give at most 2 characters'],
  ['a text of another length', z.string().length(2), 'abc', 'is too long; give exactly 2 characters'],
  ['an empty list', z.array(z.string()).min(1), [], 'is empty; give at least 1 item'],
  ['a long list', z.array(z.string()).max(1), ['a', 'b'], 'is too long; give at most 1 item'],
  ['a small number', z.number().min(1), 0, 'is too small; give 1 or more'],
  ['a number at an open end', z.number().gt(1), 1, 'is too small; give more than 1'],
  ['a large number', z.number().max(9), 10, 'is too large; give 9 or less'],
  ['a number at the other open end', z.number().lt(9), 9, 'is too large; give less than 9'],
  ['a number between steps', z.number().multipleOf(5), 7, 'is not a multiple of 5; give one'],
  ['no email address', z.email(), 'ada', 'is not an email address; write it like "ada@example.com"'],
  ['no web address', z.url(), 'shop', 'is not a web address; write it like "https://shop.example/page"'],
  ['no instant', z.iso.datetime(), 'monday', 'is not an instant; write it in ISO 8601, like "2026-11-22T10:00:00Z"'],
  ['no UUID', z.guid(), 'x', 'is not a UUID; write it like "01a2027b-d680-7629-b784-89426f6955a3"'],
  ['no address of the internet', z.ipv4(), 'x', 'is not an IPv4 address; write it like "192.0.2.1"'],
  [
    'no id of the kind',
    idSchema('seg'),
    'prf_1',
    'is not an id of this kind; give seg_ and the 32 hex digits after it',
  ],
  ['another form', z.string().regex(/^[a-z]+$/), 'A', 'is not written as it must be; make it match /^[a-z]+$/'],
  ['no kind', kinds, {}, 'does not say which kind it is; give one of "a", "b"'],
  [
    'none of the forms',
    z.union([z.string(), z.number()]),
    true,
    'has none of the forms it may have; see the documentation of this call',
  ],
  [
    'a rule of its own without words',
    z.string().refine(() => false),
    'x',
    'does not fit here; see what the documentation of this call says it may be',
  ],
  ['words of its own', z.string({ error: 'name the segment' }), 5, 'name the segment'],
];

describe('faults', () => {
  const faultsOf = (schema: z.ZodType, input: unknown) =>
    findFaults(schema.safeParse(input, { error: inPlainWords }).error?.issues ?? []).map(({ path }) => path.join('.'));

  it('name every unknown field by itself', () => {
    const schema = z.strictObject({ inner: z.strictObject({ name: z.string() }) });
    expect(faultsOf(schema, { inner: { nmae: 'x', age: 1 } })).toEqual(['inner.name', 'inner.nmae', 'inner.age']);
  });

  it('lie within the form that fits best', () => {
    const forms = z.union([
      z.string(),
      z.strictObject({ a: z.string(), b: z.string() }),
      z.strictObject({ c: z.number() }),
    ]);
    expect(faultsOf(z.strictObject({ x: forms }), { x: { a: 'a', b: 1 } })).toEqual(['x.b']);
    expect(faultsOf(z.strictObject({ x: forms }), { x: true })).toEqual(['x']);
  });
});

describe('plain words', () => {
  it.each(CASES)('say what is wrong with %s, and what to do', (_name, schema, input, words) => {
    const issues = schema.safeParse(input, { error: inPlainWords }).error?.issues ?? [];
    expect(issues.map(({ message }) => message)).toEqual([words]);
  });

  it('reach into the leaves of a segment rule', () => {
    const rule = { all: [{ event: 'Cart', within: { days: 1 }, colour: 'red' }] };
    const [issue] = segmentRuleSchema.safeParse(rule).error!.issues;
    expect(issue!.message).toBe('rule.all[0].colour: there is no such field here; correct its name or leave it out');
  });
});
