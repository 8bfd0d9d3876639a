import { expect, it } from 'vitest';
import { IdentifierReader } from '../../profiles/index.ts';
import { NameFinder } from './name-finder.ts';

const finder = (...identifiers: { kind: string; value: string }[]) =>
  new NameFinder(identifiers, new IdentifierReader());
const email = finder({ kind: 'email', value: 'ada@shop.example' });
const phone = finder({ kind: 'phone', value: '+4915112345678' });
const argentine = finder({ kind: 'phone', value: '+5491123456789' });
const long = finder({ kind: 'userId', value: 'customer1' });
const short = finder({ kind: 'userId', value: '1000' });

type Written = readonly [NameFinder, string, string?];
const toCase = ([names, text, kind]: Written) => ({ names, text, kind });

/** What surely names her, however it is written. */
const NAMED: readonly Written[] = [
  [email, 'ADA@Shop.Example'],
  [email, 'Ada <ada@shop.example>, and others'],
  [email, 'https://shop.example/?email=ada%40shop.example&x=1'],
  [email, String.raw`\u0061da\u0040shop.example`],
  [email, String.raw`{\"email\":\"\\u0061da@shop.example\"}`],
  [phone, '+49 151 / 12345678'],
  [phone, '0049 (0)151-1234-5678'],
  [phone, '4915112345678'],
  [phone, '＋４９ １５１ １２３４５６７８'],
  [phone, 'call +49 (151) 123 456 78 after six'],
  [argentine, '+54 9 11 2345-6789'],
  [long, 'of Customer1, again'],
  [short, '1000', 'userId'],
];
it.each(NAMED.map(toCase))('finds her in $text', ({ names, text, kind }) => {
  expect([names.isNamedIn({ text, kind }), names.mayBeNamedIn({ text, kind }, true)]).toEqual([true, true]);
  expect(names.mayStandIn(text)).toBe(true);
});

/** What names somebody else. */
const OTHERS: readonly Written[] = [
  [email, 'nada@shop.example'],
  [email, 'mail.ada@shop.example'],
  [email, 'ada@shop.example.org'],
  [email, 'ada@shop-example'],
  [phone, '+49 151 123456789'],
  [phone, '+43 151 12345678'],
  [long, 'customer10'],
  [short, '1000', 'anonymousId'],
  [short, '1000'],
  [short, 'u1000', 'userId'],
];
it.each(OTHERS.map(toCase))('does not take $text for her', ({ names, text, kind }) => {
  expect(names.isNamedIn({ text, kind })).toBe(false);
});

it('takes what could be hers for hers where a row cannot be imported', () => {
  for (const text of ['0151 12345678', '151-12345678', '0049151 12345678'])
    expect([text, phone.mayBeNamedIn({ text }, true)]).toEqual([text, true]);
  expect(phone.mayBeNamedIn({ text: 'order 15112345678 b' }, true)).toBe(false);
  expect(short.mayBeNamedIn({ text: ' 1000 ' }, false)).toBe(true);
  expect(short.mayBeNamedIn({ text: '1000' }, true)).toBe(false);
});

it('takes any word or number for hers in a row nobody can part', () => {
  expect(short.mayStandUnread('"1000"x,y')).toBe(true);
  expect(short.mayStandUnread('"10001"x,y')).toBe(false);
  expect(phone.mayStandUnread('x"0151 12345 678')).toBe(true);
  expect(email.mayStandUnread('"Xada@shop.exampleY')).toBe(true);
});

it('passes no row by in which a number of JSON is her id', () => {
  expect(short.mayStandIn('{"user_id":1e3}')).toBe(true);
  expect(short.mayStandIn('{"user_id":"u7"}')).toBe(false);
});
