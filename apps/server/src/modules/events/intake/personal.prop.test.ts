import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import type { Json, JsonObject } from '../../../platform/json.ts';
import { isPersonalTrait, joinPersonal, partPersonal, TooDeep } from './personal.ts';
import type { Place } from './personal-fields.ts';

const field = fc
  .oneof(
    fc.string(),
    fc.constantFrom(
      'email',
      'Phone',
      'first_name',
      'firstName',
      'name',
      'address',
      'ip',
      'customer',
      'shipping_address',
      'products',
      'company',
      'device',
      'id',
    ),
    fc.constantFrom('constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length', '0', 'toJSON', 'prototype'),
  )
  .filter((name) => name !== '__proto__');
const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.string(),
  fc.constantFrom('ada@example.com', 'write to ada@example.com', 'https://x.test/?e=ada%40example.com'),
);
const { object } = fc.letrec<{ object: JsonObject; value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ) as fc.Arbitrary<Json>,
  object: fc.dictionary(field, tie('value'), { maxKeys: 5, noNullPrototype: true }) as fc.Arbitrary<JsonObject>,
}));
const place = fc.constantFrom<Place>('person', 'thing', 'device');

describe('parting what is personal', () => {
  it('loses nothing: what was parted joins to what it was', () => {
    fc.assert(
      fc.property(object, place, (whole, where) => {
        const { clear, personal } = partPersonal(whole, where);
        // Through JSON, as it is stored.
        const joined =
          personal === undefined
            ? clear
            : joinPersonal(JSON.parse(JSON.stringify(clear)) as Json, JSON.parse(JSON.stringify(personal)) as Json);
        expect(joined).toEqual(whole);
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('leaves no address of anybody in the clear, wherever it stands and whatever its field is called', () => {
    fc.assert(
      fc.property(object, place, (whole, where) => {
        expect(JSON.stringify(Object.values(partPersonal(whole, where).clear))).not.toMatch(/ada(@|%40)example/);
      }),
      { numRuns: propertyRuns(500) },
    );
  });

  it('what is found personal at a place is so at any depth below it, in objects and arrays', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('email', 'phone', 'firstName', 'customer_email', 'ip', 'shippingAddress'),
        fc.array(fc.constantFrom('list', 'box'), { maxLength: 12 }),
        (name, path) => {
          const inside: Json = path.reduce<Json>((inner, step) => (step === 'list' ? [inner, 1] : { box: inner }), {
            [name]: 'secret',
            kept: 1,
          });
          const { clear, personal } = partPersonal({ top: inside }, 'thing');
          expect(JSON.stringify(clear)).not.toContain('secret');
          expect(JSON.stringify(clear)).toContain('"kept":1');
          expect(JSON.stringify(personal)).toContain('secret');
        },
      ),
    );
  });

  it('drops __proto__ everywhere and gives no object another prototype', () => {
    const hostile = JSON.parse(
      '{"__proto__":{"admin":true},"a":{"__proto__":{"admin":true},"b":[{"__proto__":1}]},"address":{"__proto__":{"admin":true},"city":"x"}}',
    ) as JsonObject;
    const { clear, personal } = partPersonal(hostile, 'person');
    expect(JSON.stringify([clear, personal])).toBe('[{"a":{"b":[{}]}},{"address":{"city":"x"}}]');
    expect((clear as { admin?: unknown }).admin).toBeUndefined();
    expect(Object.getPrototypeOf(personal!['address'])).toBe(Object.prototype);
  });

  it('stops at 32 levels, in what is personal too', () => {
    const nested = (levels: number): JsonObject =>
      JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)) as JsonObject;
    const list = (levels: number): Json => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as Json;
    expect(() => partPersonal(nested(33), 'thing')).not.toThrow();
    for (const tooDeep of [nested(34), { list: list(100_000) }, { email: list(100_000) }, { email: nested(40) }]) {
      expect(() => partPersonal(tooDeep, 'thing')).toThrow(TooDeep);
    }
  });
});

describe('what a field’s name says', () => {
  it.each([
    [
      'traits',
      'person',
      { email: 1, phone: 1, name: 1, first_name: 1, address: 1, birthday: 1, username: 1, avatar: 1, contactEmail: 1 },
    ],
    [
      'anything',
      'thing',
      {
        Email: 1,
        'e-mail_address': 1,
        customer_email: 1,
        billingPhone: 1,
        'Phone Number': 1,
        ip: 1,
        customerName: 1,
        shipping_postcode: 1,
        userId: 1,
        externalIds: 1,
      },
    ],
    [
      'products and pages',
      'thing',
      {
        name: 0,
        address: 0,
        category: 0,
        product_name: 0,
        email_opt_in: 0,
        emailCampaign: 0,
        subscription: 0,
        zip: 0,
        id: 0,
      },
    ],
    ['devices', 'device', { id: 1, token: 1, advertisingId: 1, name: 0, model: 0 }],
  ] as const)('of %s: what is somebody’s is sealed, the rest stays readable', (_title, where, fields) => {
    const { clear, personal } = partPersonal({ ...fields }, where);
    expect(Object.keys(personal ?? {})).toEqual(
      Object.keys(fields).filter((name) => fields[name as keyof typeof fields] === 1),
    );
    expect(Object.keys(clear)).toEqual(Object.keys(fields).filter((name) => fields[name as keyof typeof fields] === 0));
  });

  it('a name inside is judged by whose it is: a customer’s, a company’s, a product’s', () => {
    const named = { name: 'x' };
    const inProperties = partPersonal({ customer: named, products: [named], shipping: { address: named } }, 'thing');
    expect(inProperties.clear).toEqual({ customer: {}, products: [named], shipping: {} });
    const inTraits = partPersonal({ children: [named], company: named, favourite: { product: named } }, 'person');
    expect(inTraits.clear).toEqual({ children: [{}], company: named, favourite: { product: named } });
  });

  it('yes and no are nobody’s secret', () => {
    expect(partPersonal({ email: true, phone: false }, 'person')).toEqual({
      clear: { email: true, phone: false },
      personal: undefined,
    });
  });

  it('very long names are judged without being remembered', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 500; n++) isPersonalTrait(Buffer.alloc(100_000, `${n} `).toString('latin1'));
    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
  });
});
