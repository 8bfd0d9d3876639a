import { expect, it } from 'vitest';
import { withoutErased } from './erased-values.ts';

const EMAIL = { kind: 'email', value: 'ada@shop.example' };
const PHONE = { kind: 'phone', value: '+4915112345678' };

it('an erased identifier is taken out wherever and however it is written, and nothing else is', () => {
  const personal = {
    traits: { email: ' ADA@shop.example', phone: '0151 1234-5678', name: 'Bea', mobile: 4915112345678 },
    properties: { recipients: ['bea@shop.example', 'ada@shop.example'], note: 'for Ada@Shop.example, please' },
    context: { page: { url: '/?to=ada%40shop.example' }, ip: '203.0.113.7' },
  };
  expect(withoutErased(personal, [EMAIL, PHONE])).toEqual({
    traits: { name: 'Bea' },
    properties: { recipients: ['bea@shop.example', null] },
    context: { ip: '203.0.113.7' },
  });
});

it('of an event that says nothing else nothing is left, and one with nobody erased stays as it is', () => {
  const personal = { traits: { email: 'ada@shop.example' } };
  expect(withoutErased(personal, [EMAIL])).toBeUndefined();
  expect(withoutErased(personal, [])).toBe(personal);
});

it('a few digits are nobody, though a number of hers ends with them', () => {
  const personal = { address: { postalCode: '45678' }, traits: { phone: '+49 30 5678' } };
  expect(withoutErased(personal, [PHONE])).toEqual(personal);
});
