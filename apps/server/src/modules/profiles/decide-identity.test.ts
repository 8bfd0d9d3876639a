import { describe, expect, it } from 'vitest';

import { decideIdentity, type IdentityState, type IdentityView } from './decide-identity.ts';
import { KIND_CODES, normaliseIdentifier, rankIdentifiers, RANKED_KINDS } from './identifier.ts';
import { MERGES_MAX, NODES_MAX } from './identity-limits.ts';
import { DEFAULT_IDENTITY_RULES } from './identity-rules.ts';
import { type HeldNode, NODE_FLAGS } from './profile-section.ts';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
type Kind = keyof typeof KIND_CODES;
const node = (kind: Kind, id: number) => ({ kind: KIND_CODES[kind], id });
type Node = ReturnType<typeof node>;
const held = ({ kind, id }: Node, flags?: number, atMs = NOW): HeldNode =>
  flags === undefined ? [kind, id, atMs] : [kind, id, atMs, flags];

/** Profiles by id; what is given as a bare node is held since now. */
function viewOf(profiles: Record<string, readonly (Node | HeldNode)[] | IdentityState>): IdentityView {
  const states = new Map(
    Object.entries(profiles).map(([id, given]): [string, IdentityState] => [
      id,
      'nodes' in given ? given : { nodes: given.map((one) => ('kind' in one ? held(one) : one)) },
    ]),
  );
  return {
    rules: DEFAULT_IDENTITY_RULES,
    ownerOf: (nodeId) => [...states].find(([, { nodes }]) => nodes.some(([, id]) => id === nodeId))?.[0],
    stateOf: (id) => states.get(id)!,
  };
}

const decide = (nodes: readonly Node[], view: IdentityView, claims?: readonly number[]) =>
  decideIdentity({ nodes, claims, occurredAt: NOW }, view);
const NOTHING = { merge: [], doubt: [], attach: [], take: [], confirm: [], conflicts: [] };

const [ada, bob] = [node('userId', 1), node('userId', 2)];
const mail = node('email', 3);
const [phoneWeb, laptopWeb] = [node('anonymousId', 4), node('anonymousId', 5)];
const card = node('loyaltyId', 6);
const { claimed, shared, quarantined } = NODE_FLAGS;

describe('deciding whose an event is', () => {
  it('gives the identifiers of nobody a profile of their own', () => {
    const attach = [held(ada), held(phoneWeb)];
    expect(decide([ada, phoneWeb], viewOf({}))).toEqual({ ...NOTHING, profileId: undefined, attach });
  });

  it('makes the visitor known who signs in, and keeps the profile', () => {
    const decision = decide([ada, phoneWeb], viewOf({ p: [phoneWeb] }));
    expect(decision).toEqual({ ...NOTHING, profileId: 'p', attach: [held(ada)] });
  });

  it('joins two profiles of one customer; the one with the stronger identifier stays', () => {
    const view = viewOf({ a: [phoneWeb], b: [ada, laptopWeb] });
    expect(decide([ada, phoneWeb], view)).toEqual({ ...NOTHING, profileId: 'b', merge: ['a'] });
  });

  it('lets the profile stay that was there first when both are equally strong', () => {
    const view = viewOf({ b: [laptopWeb], a: [phoneWeb] });
    expect(decide([mail, laptopWeb, phoneWeb], view)).toMatchObject({ profileId: 'a', merge: ['b'] });
  });

  it('never joins two user ids over a shared device: the device stays with its first owner', () => {
    const view = viewOf({ a: [ada, phoneWeb] });
    const conflicts = [{ node: phoneWeb, reason: 'shared_device' }];
    expect(decide([bob, phoneWeb], view)).toEqual({ ...NOTHING, profileId: undefined, attach: [held(bob)], conflicts });
  });

  it('never joins two user ids over a shared address, and leaves nothing else behind', () => {
    const view = viewOf({ a: [ada, mail], b: [bob] });
    expect(decide([bob, mail, laptopWeb], view)).toEqual({
      ...NOTHING,
      profileId: 'b',
      attach: [held(laptopWeb)],
      conflicts: [{ node: mail, reason: 'user_id' }],
    });
  });
});

describe('limits', () => {
  const mails = Array.from({ length: 5 }, (_, i) => node('email', 100 + i));

  it('are kept without a word when a value of nobody is one too many: it is just not stored', () => {
    const view = viewOf({ a: [ada, ...mails] });
    expect(decide([ada, mail], view)).toEqual({ ...NOTHING, profileId: 'a' });
    expect(decide([mail], view)).toMatchObject({ profileId: undefined, attach: [held(mail)] });
  });

  it('keep two profiles apart that would together have too many, and the weaker identifier stays where it is', () => {
    const view = viewOf({ a: [ada, ...mails], b: [mail, phoneWeb] });
    const conflicts = [{ node: phoneWeb, reason: 'limit' }];
    expect(decide([ada, phoneWeb], view)).toEqual({ ...NOTHING, profileId: 'a', conflicts });
  });

  it('of a window count what was newly held within it, before or after, and nothing else', () => {
    const web = (i: number, atMs: number) => held(node('anonymousId', 200 + i), undefined, atMs);
    const within = Array.from({ length: 5 }, (_, i) => web(i, NOW - i * DAY));
    expect(decide([ada, phoneWeb], viewOf({ a: [held(ada), ...within] })).attach).toEqual([]);
    const spread = Array.from({ length: 5 }, (_, i) => web(i, NOW - 7 * DAY - i * DAY));
    expect(decide([ada, phoneWeb], viewOf({ a: [held(ada), ...spread] })).attach).toEqual([held(phoneWeb)]);
    const later = Array.from({ length: 5 }, (_, i) => web(i, NOW + i * DAY));
    expect(decide([ada, phoneWeb], viewOf({ a: [held(ada), ...later] })).attach).toEqual([]);
  });

  it('made stricter leave a profile alone that broke them before, and everything else it does', () => {
    const many = Array.from({ length: 9 }, (_, i) => node('email', 100 + i));
    const view = viewOf({ a: [ada, ...many], b: [phoneWeb] });
    expect(decide([ada, many[0]!, phoneWeb], view)).toEqual({ ...NOTHING, profileId: 'a', merge: ['b'] });
  });

  it('bound what one profile may come of, and hold, altogether', () => {
    const merged = viewOf({ a: { nodes: [held(ada)], merges: MERGES_MAX }, b: [phoneWeb] });
    const conflicts = [{ node: phoneWeb, reason: 'merge_limit' }];
    expect(decide([ada, phoneWeb], merged)).toEqual({ ...NOTHING, profileId: 'a', conflicts });
    expect(decide([ada, laptopWeb], merged).attach).toEqual([held(laptopWeb)]);
    const full = Array.from({ length: NODES_MAX - 1 }, (_, i) =>
      held(node('device', 1_000 + i), undefined, i * 100 * DAY),
    );
    expect(decide([ada, laptopWeb], viewOf({ a: [held(ada), ...full] }))).toEqual({ ...NOTHING, profileId: 'a' });
  });
});

describe('a claim', () => {
  it('of a fresh address brings it along as claimed', () => {
    expect(decide([ada, mail], viewOf({ a: [ada] }), [1]).attach).toEqual([held(mail, claimed)]);
  });

  it('lets a visitor nobody knows be the one who is known by it', () => {
    const view = viewOf({ a: [mail, card], b: [phoneWeb] });
    expect(decide([mail, phoneWeb], view, [0])).toEqual({
      ...NOTHING,
      profileId: 'a',
      merge: ['b'],
      doubt: [phoneWeb],
    });
  });

  it('brings devices along as claimed, which do alone what they did, and go with whoever signs in on them', () => {
    const view = viewOf({ a: [mail, card] });
    expect(decide([mail, phoneWeb], view, [0]).attach).toEqual([held(phoneWeb, claimed)]);
    const typed = viewOf({ a: [held(mail), held(card), held(phoneWeb, claimed)] });
    expect(decide([phoneWeb], typed)).toEqual({ ...NOTHING, profileId: 'a' });
    const tablet = node('device', 7);
    expect(decide([tablet, phoneWeb], typed).attach).toEqual([held(tablet, claimed)]);
    const signedIn = {
      ...NOTHING,
      profileId: undefined,
      attach: [held(bob)],
      take: [{ node: held(phoneWeb), from: 'a' }],
    };
    expect(decide([bob, phoneWeb], typed)).toEqual(signedIn);
    expect(decide([card, phoneWeb], typed)).toEqual({ ...NOTHING, profileId: 'a', confirm: [phoneWeb] });
  });

  it('brings nothing along that mail is sent to', () => {
    const [own, line] = [node('email', 7), node('phone', 8)];
    const typed = viewOf({ a: [held(mail), held(card), held(phoneWeb, claimed)] });
    expect(decide([mail, line], typed, [0, 1])).toEqual({ ...NOTHING, profileId: 'a' });
    expect(decide([own, phoneWeb], typed, [0])).toEqual({
      ...NOTHING,
      profileId: undefined,
      attach: [held(own, claimed)],
      take: [{ node: held(phoneWeb), from: 'a' }],
    });
  });

  it('never joins two who are known; a source that is trusted does', () => {
    const view = viewOf({ a: [mail, card], b: [bob] });
    const conflicts = [{ node: mail, reason: 'unverified' }];
    expect(decide([bob, mail], view, [1])).toEqual({ ...NOTHING, profileId: 'b', conflicts });
    expect(decide([bob, mail], viewOf({ a: [mail, card] }), [1])).toMatchObject({ profileId: undefined, conflicts });
    expect(decide([bob, mail], view)).toEqual({ ...NOTHING, profileId: 'b', merge: ['a'] });
  });

  it('that leads strongest keeps out the known one whose browser it was typed into', () => {
    const view = viewOf({ a: [mail, card], b: [bob, phoneWeb] });
    const conflicts = [{ node: phoneWeb, reason: 'unverified' }];
    expect(decide([mail, phoneWeb], view, [0])).toEqual({ ...NOTHING, profileId: 'a', conflicts });
  });

  it('beside something that proves the same profile joins as if it were no claim', () => {
    const view = viewOf({ a: [held(mail, claimed), held(phoneWeb)] });
    expect(decide([bob, mail, phoneWeb], view, [1])).toMatchObject({ profileId: 'a', conflicts: [] });
  });

  it('becomes hers once a source that is trusted says it together with her', () => {
    const view = viewOf({ a: [held(ada), held(mail, claimed)] });
    expect(decide([ada, mail], view).confirm).toEqual([mail]);
    expect(decide([ada, mail], view, [1]).confirm).toEqual([]);
  });

  it('gives way to the one who proves to have the address', () => {
    const view = viewOf({ a: [held(ada), held(mail, claimed)], b: [bob] });
    expect(decide([bob, mail], view)).toEqual({
      ...NOTHING,
      profileId: 'b',
      take: [{ node: held(mail), from: 'a' }],
    });
  });

  it('of somebody known otherwise gets nothing that a trusted source says of the address alone', () => {
    const view = viewOf({ a: [held(ada), held(mail, claimed)] });
    expect(decide([mail], view)).toEqual({
      ...NOTHING,
      profileId: undefined,
      take: [{ node: held(mail), from: 'a' }],
      conflicts: [{ node: mail, reason: 'unverified' }],
    });
    const visitor = viewOf({ a: [held(phoneWeb), held(mail, claimed)] });
    expect(decide([mail], visitor)).toEqual({ ...NOTHING, profileId: 'a', confirm: [mail] });
  });
});

describe('a device seen with several people', () => {
  const view = viewOf({ a: [held(ada), held(phoneWeb, shared)], k: [held(laptopWeb, shared | quarantined)] });

  it('identifies neither: it joins nobody, and nothing comes to its owner by it', () => {
    expect(decide([mail, phoneWeb], view, [0])).toMatchObject({ profileId: undefined, attach: [held(mail, claimed)] });
    expect(decide([card, phoneWeb], view)).toEqual({ ...NOTHING, profileId: undefined, attach: [held(card)] });
    expect(decide([phoneWeb, node('device', 9)], view)).toEqual({ ...NOTHING, profileId: 'a' });
  });

  it('does not keep what names a channel address from the address’s owner', () => {
    const [tablet, whatsapp] = [node('device', 9), node('channel', 10)];
    const families = viewOf({ a: [held(ada), held(tablet, shared)], b: [bob, whatsapp] });
    expect(decide([whatsapp, tablet], families)).toEqual({ ...NOTHING, profileId: 'b' });
    const first = viewOf({ a: [ada, tablet], b: [bob, whatsapp] });
    const conflicts = [{ node: tablet, reason: 'shared_device' }];
    expect(decide([whatsapp, tablet], first)).toEqual({ ...NOTHING, profileId: 'b', conflicts });
  });

  it('keeps what it does alone with its first owner, or apart from everybody once it is under quarantine', () => {
    expect(decide([phoneWeb], view)).toEqual({ ...NOTHING, profileId: 'a' });
    expect(decide([laptopWeb], view)).toEqual({ ...NOTHING, profileId: 'k' });
    expect(decide([bob, laptopWeb], view)).toEqual({ ...NOTHING, profileId: undefined, attach: [held(bob)] });
  });
});

describe('people a member set apart', () => {
  it('who have user ids of their own share a device like any two others', () => {
    const view = viewOf({ a: { nodes: [held(ada), held(phoneWeb)], apart: [bob.id] }, b: [bob] });
    const conflicts = [{ node: phoneWeb, reason: 'shared_device' }];
    expect(decide([bob, phoneWeb], view)).toEqual({ ...NOTHING, profileId: 'b', conflicts });
  });

  it('are never left without anything to be known by, however much somebody proves to be hers', () => {
    const line = node('phone', 8);
    const a = { nodes: [held(mail, claimed), held(line, claimed)], apart: [bob.id] };
    expect(decide([bob, mail, line], viewOf({ a, b: [bob] }))).toEqual({
      ...NOTHING,
      profileId: 'b',
      take: [{ node: held(mail), from: 'a' }],
      conflicts: [{ node: line, reason: 'apart' }],
    });
  });

  it('are joined by no event, whatever it carries', () => {
    const view = viewOf({ a: { nodes: [held(mail)], apart: [phoneWeb.id] }, b: [phoneWeb] });
    const conflicts = [{ node: phoneWeb, reason: 'apart' }];
    expect(decide([mail, phoneWeb], view)).toEqual({ ...NOTHING, profileId: 'a', conflicts });
    expect(decide([card, mail, phoneWeb], view)).toMatchObject({ profileId: 'a', merge: [], conflicts });
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

  it('are ranked strongest first, each once, an address of a person before a device', () => {
    const identifiers = [...RANKED_KINDS].reverse().map((kind) => ({ kind, value: 'x' }));
    const ranked = ['userId', 'loyaltyId', 'email', 'phone', 'channel', 'device', 'anonymousId'];
    expect(rankIdentifiers([...identifiers, ...identifiers]).map(({ kind }) => kind)).toEqual(ranked);
    expect(DEFAULT_IDENTITY_RULES.kinds.map(({ kind }) => kind)).toEqual(ranked);
  });

  it('keep for ever the codes that history is stored with, whatever their rank', () => {
    expect(KIND_CODES).toEqual({
      userId: 10,
      loyaltyId: 20,
      email: 30,
      phone: 40,
      device: 50,
      channel: 60,
      anonymousId: 90,
    });
  });
});
