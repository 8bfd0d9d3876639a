import { describe, expect, it } from 'vitest';

import type { NodeRef } from '../../platform/eventlog/index.ts';
import { decideIdentity, type IdentityView } from './decide-identity.ts';
import {
  KIND_CODES,
  KIND_LIMITS,
  kindOfCode,
  normaliseIdentifier,
  rankIdentifiers,
  RANKED_KINDS,
} from './identifier.ts';

const node = (kind: keyof typeof KIND_CODES, id: number): NodeRef => ({ kind: KIND_CODES[kind], id });

/** Profiles by id, each with its nodes. */
function viewOf(profiles: Record<string, readonly NodeRef[]>): IdentityView {
  return {
    ownerOf: (nodeId) => Object.keys(profiles).find((id) => profiles[id]!.some((held) => held.id === nodeId)),
    nodesOf: (id) => profiles[id] ?? [],
    limitOf: (kind) => KIND_LIMITS[kindOfCode(kind)!],
  };
}

const [ada, bob] = [node('userId', 1), node('userId', 2)];
const mail = node('email', 3);
const [phoneWeb, laptopWeb] = [node('anonymousId', 4), node('anonymousId', 5)];

describe('deciding whose an event is', () => {
  it('gives the identifiers of nobody a profile of their own', () => {
    expect(decideIdentity([ada, phoneWeb], viewOf({}))).toEqual({
      profileId: undefined,
      merge: [],
      attach: [ada, phoneWeb],
      conflicts: [],
    });
  });

  it('makes the visitor known who signs in, and keeps the profile', () => {
    expect(decideIdentity([ada, phoneWeb], viewOf({ p: [phoneWeb] }))).toMatchObject({ profileId: 'p', attach: [ada] });
  });

  it('joins two profiles of one customer; the one with the stronger identifier stays', () => {
    const view = viewOf({ a: [phoneWeb], b: [ada, laptopWeb] });
    expect(decideIdentity([ada, phoneWeb], view)).toMatchObject({ profileId: 'b', merge: ['a'], conflicts: [] });
  });

  it('lets the profile stay that was there first when both are equally strong', () => {
    const view = viewOf({ b: [laptopWeb], a: [phoneWeb] });
    expect(decideIdentity([mail, laptopWeb, phoneWeb], view)).toMatchObject({
      profileId: 'a',
      merge: ['b'],
      attach: [mail],
    });
  });

  it('never joins two user ids over a shared device: the device stays with its first owner', () => {
    const view = viewOf({ a: [ada, phoneWeb] });
    expect(decideIdentity([bob, phoneWeb], view)).toEqual({
      profileId: undefined,
      merge: [],
      attach: [bob],
      conflicts: [phoneWeb],
    });
  });

  it('never joins two user ids over a shared address', () => {
    const view = viewOf({ a: [ada, mail], b: [bob] });
    expect(decideIdentity([bob, mail, laptopWeb], view)).toEqual({
      profileId: 'b',
      merge: [],
      attach: [],
      conflicts: [laptopWeb, mail],
    });
  });

  it('never makes a profile larger than its limits: the identifier that is too much is left where it is', () => {
    const mails = Array.from({ length: KIND_LIMITS.email }, (_, i) => node('email', 100 + i));
    const view = viewOf({ a: [ada, ...mails] });
    expect(decideIdentity([ada, mail], view)).toMatchObject({ profileId: 'a', attach: [], conflicts: [mail] });
    expect(decideIdentity([mail], view)).toMatchObject({ profileId: undefined, attach: [mail] });
  });
});

describe('identifiers', () => {
  const junk = [
    ...['null', 'undefined', 'None', 'NaN', 'anonymous', 'guest', '[object Object]', 'true', 'id', 'email', '-1'],
    ...['', ' ', '0', '000', '00000000-0000-0000-0000-000000000000', '"null"', "'undefined'", ' NULL '],
  ];
  it.each(junk)('take %j for nobody, whatever the kind', (text) => {
    for (const kind of RANKED_KINDS) expect(normaliseIdentifier(kind, text)).toBeUndefined();
  });

  it.each([null, undefined, true, {}, [], Number.NaN, Number.POSITIVE_INFINITY, 'x'.repeat(513), 'a\u0000b'])(
    'take the value %j for nobody',
    (value) => {
      for (const kind of RANKED_KINDS) expect(normaliseIdentifier(kind, value)).toBeUndefined();
    },
  );

  it('are one however they are written', () => {
    expect(normaliseIdentifier('email', ' Ada@Shop.Example ')).toEqual({ kind: 'email', value: 'ada@shop.example' });
    expect(normaliseIdentifier('phone', '+44 20 7946 0018')).toEqual({ kind: 'phone', value: '+442079460018' });
    expect(normaliseIdentifier('userId', 42)).toEqual(normaliseIdentifier('userId', '42'));
    expect(normaliseIdentifier('userId', 'Ada')).not.toEqual(normaliseIdentifier('userId', 'ada'));
  });

  it('are no telephone number without a country code and no address without an @', () => {
    expect(normaliseIdentifier('phone', '020 7946 0018')).toBeUndefined();
    expect(normaliseIdentifier('email', 'ada.shop.example')).toBeUndefined();
  });

  it('are ranked strongest first, each once; their codes are in the same order', () => {
    const identifiers = [...RANKED_KINDS].reverse().map((kind) => ({ kind, value: 'x' }));
    expect(rankIdentifiers([...identifiers, ...identifiers]).map(({ kind }) => kind)).toEqual([...RANKED_KINDS]);
    const codes = RANKED_KINDS.map((kind) => KIND_CODES[kind]);
    expect([...codes].sort((a, b) => a - b)).toEqual(codes);
  });
});
