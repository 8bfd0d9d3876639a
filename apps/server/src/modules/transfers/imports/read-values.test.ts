import { describe, expect, it } from 'vitest';
import { guardFormula, openGuard } from '../formula-guard.ts';
import { parseTime } from './parse-time.ts';
import { readCell } from './read-cell.ts';
import { suggestMapping } from './suggest-mapping.ts';

const at = (text: string, options = {}) => {
  const read = parseTime(text, options);
  return read.kind === 'time' ? new Date(read.ms).toISOString() : read.message.split(';')[0];
};

describe('a time', () => {
  it.each([
    ['2025-03-01T10:00:00Z', {}, '2025-03-01T10:00:00.000Z'],
    ['2025-03-01 10:00:00 +0200', {}, '2025-03-01T08:00:00.000Z'],
    ['2025-03-01 10:00', {}, '2025-03-01T10:00:00.000Z'],
    ['2025-03-01', { timeZone: 'Europe/Berlin' }, '2025-02-28T23:00:00.000Z'],
    ['2025-07-01 10:00', { timeZone: 'Europe/Berlin' }, '2025-07-01T08:00:00.000Z'],
    // The clocks went forward from 02:00 to 03:00, and back from 03:00 to 02:00.
    ['2025-03-30 02:30', { timeZone: 'Europe/Berlin' }, '2025-03-30T01:30:00.000Z'],
    ['2025-10-26 02:30', { timeZone: 'Europe/Berlin' }, '2025-10-26T00:30:00.000Z'],
    ['31.12.2025 23:59', {}, '2025-12-31T23:59:00.000Z'],
    ['12/31/2025', {}, '2025-12-31T00:00:00.000Z'],
    ['01/02/2025', { dateOrder: 'dmy' }, '2025-02-01T00:00:00.000Z'],
    ['01/02/2025 1:05 PM', { dateOrder: 'mdy' }, '2025-01-02T13:05:00.000Z'],
    ['1735725600', {}, '2025-01-01T10:00:00.000Z'],
    ['1735725600000', {}, '2025-01-01T10:00:00.000Z'],
    ['01/02/2025', {}, 'could be two dates'],
    ['31/02/2025', {}, 'is no time there is'],
    ['yesterday', {}, 'is no time'],
  ])('%j with %j is %s', (text, options, expected) => {
    expect(at(text, options)).toBe(expected);
  });
});

describe('a cell', () => {
  const read = (text: string, type: 'auto' | 'number' | 'boolean' = 'auto', name = 'x') => {
    const cell = readCell(text, { type, name, times: {} });
    return cell.kind === 'value' ? cell.value : cell.message.split(';')[0];
  };

  it.each([
    ['12.5', 12.5],
    ['-3', -3],
    ['007', '007'],
    ['12345678901234567890', '12345678901234567890'],
    ['true', true],
    ['["a","b"]', ['a', 'b']],
    ['{broken', '{broken'],
    ['1e5', '1e5'],
  ])('%j is %j by itself', (text, expected) => expect(read(text)).toEqual(expected));

  it.each(['zip', 'customer_id', 'productId', 'SKU', 'phone', 'couponCode'])(
    'digits of a column called %s stay text',
    (name) => {
      expect(read('10115', 'auto', name)).toBe('10115');
    },
  );

  it.each([
    ['1.234,50', 1234.5],
    ['1,234.50', 1234.5],
    ['€ 12,50', 12.5],
    ['12.50 EUR', 12.5],
    ['1234', 1234],
    ['1,234', 'could be two numbers'],
    ['n/a', 'is no number'],
  ])('the amount %j is %j', (text, expected) => expect(read(text, 'number')).toBe(expected));

  it('a guard that was put before a formula is taken away, exactly', () => {
    for (const text of ['=1+1', '+49', '-x', '@a', "'=x", "''=x", "'x", 'x', '', "'"])
      expect(openGuard(guardFormula(text))).toBe(text);
  });
});

describe('a suggestion', () => {
  const suggest = (kind: 'profiles' | 'events' | 'consents' | 'orders', columns: Record<string, string[]>) =>
    suggestMapping(
      kind,
      Object.entries(columns).map(([name, values]) => ({ name, values })),
    ).map(({ suggestion }) => suggestion.to);

  it('knows the names of Shopify', () => {
    const columns = {
      'Customer ID': ['1'],
      'First Name': [],
      Email: [],
      'Default Address City': [],
      'Default Address Zip': [],
      'Total Spent': [],
    };
    expect(suggest('profiles', columns)).toEqual([
      'userId',
      'traits.firstName',
      'email',
      'traits.address.city',
      'traits.address.postalCode',
      'traits.Total Spent',
    ]);
    const order = {
      Name: [],
      Email: [],
      'Created at': [],
      Total: [],
      'Lineitem sku': [],
      'Lineitem price': [],
      'Discount Code': [],
    };
    expect(suggest('orders', order)).toEqual([
      'order_id',
      'email',
      'timestamp',
      'total',
      'products.sku',
      'products.price',
      'coupon',
    ]);
  });

  it('knows the names of Klaviyo, Mailchimp and WooCommerce', () => {
    expect(suggest('profiles', { 'Email Address': [], 'Phone Number': [], FNAME: [], LAST_CHANGED: [] })).toEqual([
      'email',
      'phone',
      'traits.firstName',
      'timestamp',
    ]);
    expect(suggest('consents', { 'Email Address': [], OPTIN_TIME: [], OPTIN_IP: [], LEID: [] })).toEqual([
      'identifier',
      'occurredAt',
      'ip',
      'ignore',
    ]);
    expect(
      suggest('orders', { order_number: [], order_date: [], billing_email: [], order_total: [], item_name: [] }),
    ).toEqual(['order_id', 'timestamp', 'email', 'total', 'products.name']);
  });

  it('knows German and French', () => {
    expect(suggest('profiles', { 'E-Mail-Adresse': [], Vorname: [], Straße: [], PLZ: [] })).toEqual([
      'email',
      'traits.firstName',
      'traits.address.street',
      'traits.address.postalCode',
    ]);
    expect(suggest('orders', { 'Numéro de commande': [], Courriel: [], 'Date de commande': [], Devise: [] })).toEqual([
      'order_id',
      'email',
      'timestamp',
      'currency',
    ]);
  });

  it('looks at the values of columns whose names say nothing, and takes each target once', () => {
    const columns = {
      A: ['ada@shop.example', 'bob@shop.example', ''],
      B: ['+49 151 1234567'],
      C: ['2025-01-01'],
      email: ['x@y.example'],
    };
    expect(suggest('events', columns)).toEqual(['properties.A', 'phone', 'timestamp', 'email']);
  });
});
