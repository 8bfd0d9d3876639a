import { IDENTIFIER_KINDS, type IdentitySettings } from '@segue/contract';
import { describe, expect, it } from 'vitest';
import { compileBlockedValues } from './blocked-values.ts';
import { KIND_CODES, RANKED_KINDS } from './identifier.ts';
import { IdentifierReader, spellingsOf } from './identifier-reader.ts';
import { DEFAULT_IDENTITY_RULES, type IdentityRules } from './identity-rules.ts';
import { rulesOf, settingsOf } from './load-identity-rules.ts';
import { findFaults } from './update-identity-settings.ts';

const readerOf = (rules: Partial<IdentityRules>) => new IdentifierReader({ ...DEFAULT_IDENTITY_RULES, ...rules });
const reader = readerOf({});

describe('a telephone number', () => {
  const cases: [text: string, country: string | undefined, number: string | undefined][] = [
    ['+44 20 7946 0018', undefined, '+442079460018'],
    ['+44 (0)20 7946 0018', undefined, '+442079460018'],
    ['020 7946 0018', 'GB', '+442079460018'],
    ['06 12 34 56 78', 'FR', '+33612345678'],
    ['(415) 555-2671', 'US', '+14155552671'],
    ['0044 20 7946 0018', 'DE', '+442079460018'],
    ['011 44 20 7946 0018', 'US', '+442079460018'],
    ['8 (912) 345-67-89', 'RU', '+79123456789'],
    ['+39 06 1234 5678', 'GB', '+390612345678'],
  ];
  it.each(cases)('%s, from %s, is %s', (text, country, number) => {
    expect(reader.read('phone', text, country)?.value).toBe(number);
  });

  const traps: [text: string, country: string | undefined][] = [
    ['020 7946 0018', undefined],
    ['020 7946 0018', 'FR'],
    ['+44 20 7946 0018 ext. 12', 'GB'],
    ['020 7946 0018 x12', 'GB'],
    ['020 7946 0018 #12', 'GB'],
    ['tel:+442079460018;ext=5', 'GB'],
    ['1-800-FLOWERS', 'US'],
    ['call 020 7946 0018', 'GB'],
    ['020 7946 0018 / 020 7946 0019', 'GB'],
    ['112', 'DE'],
    ['999', 'GB'],
    ['0000000000', 'GB'],
    ['1111111111', 'US'],
    ['+11111111111', undefined],
    ['+', 'GB'],
    ['no number', 'GB'],
  ];
  it.each(traps)('%s, from %s, is nobody’s', (text, country) => {
    expect(reader.read('phone', text, country)).toBeUndefined();
  });

  it('is read by the workspace’s country where the event names none', () => {
    expect(readerOf({ country: 'GB' }).read('phone', '020 7946 0018')?.value).toBe('+442079460018');
    expect(readerOf({ country: 'GB' }).read('phone', '06 12 34 56 78', 'FR')?.value).toBe('+33612345678');
  });
});

describe('values that identify nobody', () => {
  const junk = [
    ...['(null)', '{undefined}', '<none>', '"anonymous"', 'NaN', '[]', '{}', "''", '#N/A', '(not set)', 'n/a', '???'],
    ...['{00000000-0000-0000-0000-000000000000}', '\u200b\u200b', '--', '...', '[object Object]', 'Infinity', 'void'],
  ];
  it.each([...junk, 0, -1, -0, 12_345_678_901_234_567_000, 1e300, Number.NaN, true, [], {}])(
    '%j is one of them for every kind',
    (value) => {
      for (const kind of RANKED_KINDS) expect(reader.read(kind, value, 'GB')).toBeUndefined();
    },
  );

  it('a workspace adds its own: whole texts or with *, without case, as sent or as written down', () => {
    const strict = readerOf({
      blockedValues: ['Till-*', '*@shop.example', 'KIOSK', '+442079460018', 'a*b*c'],
      country: 'GB',
    });
    for (const value of ['till-7', 'TILL-', 'kiosk', 'Kiosk', 'abc', 'axxbyyc']) {
      expect(strict.read('userId', value)).toBeUndefined();
    }
    for (const value of ['tills', 'kiosk-2', 'ab', 'cba', 'axc'])
      expect(strict.read('userId', value)?.value).toBe(value);
    expect(strict.read('email', 'Office@Shop.Example')).toBeUndefined();
    expect(strict.read('phone', '020 7946 0018')).toBeUndefined();
    expect(strict.read('phone', '020 7946 0019')?.value).toBe('+442079460019');
  });

  it('a hostile pattern costs no more than the length of the value', () => {
    const isBlocked = compileBlockedValues([`${'*a'.repeat(49)}b`, 'aa*aa']);
    const begun = process.cpuUsage();
    for (let i = 0; i < 1_000; i++) expect(isBlocked('a'.repeat(512))).toBe(true);
    expect(compileBlockedValues([`${'*a'.repeat(49)}b`])('a'.repeat(512))).toBe(false);
    expect(compileBlockedValues(['aa*aa'])('aaa')).toBe(false);
    expect(process.cpuUsage(begun).user / 1_000).toBeLessThan(2_000);
  });
});

describe('rank', () => {
  const rank = (rules: IdentityRules, isTrusted: boolean) => {
    const by = new IdentifierReader(rules);
    const found = [
      by.read('anonymousId', 'laptop')!,
      by.read('email', 'ada@shop.example')!,
      by.read('userId', 'ada')!,
      by.read('email', ' ADA@shop.example')!,
      by.read('phone', '+442079460018')!,
    ];
    const { identifiers, claims } = by.rank(found, isTrusted);
    return [...identifiers.map(({ kind }) => kind), claims ?? []];
  };

  it('strongest first, each once; what a source says that is not trusted is named as a claim', () => {
    expect(rank(DEFAULT_IDENTITY_RULES, true)).toEqual(['userId', 'email', 'phone', 'anonymousId', []]);
    expect(rank(DEFAULT_IDENTITY_RULES, false)).toEqual(['userId', 'email', 'phone', 'anonymousId', [1, 2]]);
  });

  it('follows the workspace’s order, for claims too', () => {
    const kinds = [...DEFAULT_IDENTITY_RULES.kinds].reverse();
    expect(rank({ ...DEFAULT_IDENTITY_RULES, kinds }, true)).toEqual(['anonymousId', 'phone', 'email', 'userId', []]);
    expect(rank({ ...DEFAULT_IDENTITY_RULES, kinds }, false)).toEqual([
      'anonymousId',
      'phone',
      'email',
      'userId',
      [1, 2],
    ]);
  });
});

describe('own kinds', () => {
  const own = new IdentifierReader(
    { ...DEFAULT_IDENTITY_RULES, kinds: [{ kind: 'crmId', code: 100, limit: 2 }, ...DEFAULT_IDENTITY_RULES.kinds] },
    new Map([
      [100, 'crmId'],
      [101, 'oldId'],
    ]),
  );

  it('are known by every spelling of their name, and carry their code', () => {
    for (const type of ['crmId', 'crm_id']) expect(own.kindOfType(type)).toBe('crmId');
    expect(own.kindOfType('constructor')).toBeUndefined();
    expect(own.read('crmId', ' C-7 ')).toEqual({ kind: 'crmId', value: 'C-7', code: 100 });
    expect(spellingsOf('shopify_customer_id')).toEqual(['shopify_customer_id', 'shopifyCustomerId']);
  });

  it('that are no longer read keep their name', () => {
    expect(own.kindOfCode(101)).toBe('oldId');
    expect(own.kindOfType('oldId')).toBeUndefined();
    expect(own.kindOfCode(KIND_CODES.email)).toBe('email');
  });
});

describe('settings', () => {
  const settings = settingsOf(DEFAULT_IDENTITY_RULES);
  const faultsOf = (change: Partial<IdentitySettings>) =>
    findFaults({ ...settings, ...change }).map(({ field }) => field);
  const withKind = (kind: string, limit = 1) => ({ kinds: [...settings.kinds, { kind, limit, perDays: null }] });

  it('and rules say the same', () => {
    expect([...IDENTIFIER_KINDS]).toEqual([...RANKED_KINDS]);
    expect(rulesOf(settings, new Map())).toEqual(DEFAULT_IDENTITY_RULES);
    expect(faultsOf({})).toEqual([]);
  });

  it('keep the order a workspace decided upon, whatever the default', () => {
    const kinds = [...settings.kinds].sort((a, b) => Number(b.kind === 'device') - Number(a.kind === 'device'));
    const rules = rulesOf({ ...settings, kinds }, new Map());
    expect(rules.kinds.map(({ kind }) => kind)).toEqual(kinds.map(({ kind }) => kind));
    const said = ['channel', 'device'].map((kind) => ({ kind, value: 'x' }));
    expect(new IdentifierReader(rules).rank(said, true).identifiers.map(({ kind }) => kind)).toEqual([
      'device',
      'channel',
    ]);
    expect(new IdentifierReader().rank(said, true).identifiers.map(({ kind }) => kind)).toEqual(['channel', 'device']);
  });

  it('may rank Segue’s kinds anew, never remove them or allow two user ids', () => {
    expect(faultsOf({ kinds: [...settings.kinds].reverse() })).toEqual([]);
    expect(faultsOf({ kinds: settings.kinds.slice(1) })).toEqual(['kinds']);
    const many = settings.kinds.map((rule) => ({ ...rule, limit: 2, perDays: 7 }));
    expect(faultsOf({ kinds: many })).toEqual(['kinds[0].limit', 'kinds[0].perDays']);
  });

  it('take no trait for an identifier that strangers have in common', () => {
    for (const kind of ['firstName', 'first_name', 'city', 'Country']) {
      expect(faultsOf(withKind(kind))).toEqual(['kinds[7].kind']);
    }
  });

  it('name each kind once, in no second spelling', () => {
    expect(faultsOf(withKind('crmId'))).toEqual([]);
    for (const kind of ['email', 'user_id', 'Email', 'anonymous_id', 'USERID']) {
      expect(faultsOf(withKind(kind)).length).toBeGreaterThan(0);
    }
    const twice = { kinds: [...withKind('crmId').kinds, { kind: 'crm_id', limit: 1, perDays: null }] };
    expect(faultsOf(twice)).toEqual(['kinds[8].kind']);
  });

  it('name a country that exists', () => {
    expect(faultsOf({ country: 'GB' })).toEqual([]);
    expect(faultsOf({ country: 'UK' })).toEqual(['country']);
  });
});
