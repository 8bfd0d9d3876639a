import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JsonObject } from '../platform/json.ts';
import { openRuleShop, type RuleShop } from './testing/rule-shop.ts';

let shop: RuleShop;
/** Segments by name. */
let ids: Readonly<Record<string, string>>;
let serial = 0;
/** The company of a test and another one. */
let acme: string;
let zeta: string;

beforeAll(async () => {
  shop = await openRuleShop();
  const pro = await shop.segment({ company: 'plan', op: 'equals', value: 'pro' });
  ids = {
    pro,
    other: await shop.segment({ not: { company: 'plan', op: 'equals', value: 'pro' } }),
    large: await shop.segment({ company: ['seats', 'used'], op: 'atLeast', value: 10 }),
    any: await shop.segment({ company: 'plan', op: 'exists' }),
    buyers: await shop.segment({ all: [{ segment: pro }, { event: 'Bought' }] }),
  };
});
afterAll(() => shop.close());
beforeEach(() => {
  [acme, zeta] = [`acme-${++serial}`, `zeta-${serial}`];
});

interface Person {
  readonly userId: string;
  readonly id: string;
}

async function person(name: string, ...events: readonly JsonObject[]): Promise<Person> {
  const userId = `${name}-${serial}`;
  await shop.send({ userId, event: 'Looked' }, ...events.map((event) => ({ userId, ...event })));
  await shop.catchUp();
  const found = { userId, id: await shop.profile(`userId:${userId}`) };
  told(found);
  return found;
}

const group = ({ userId }: Person, groupId: string, traits: JsonObject = {}): JsonObject => ({
  ...{ type: 'group', userId, groupId, traits },
});

/** What was told of her since this was asked last, by name of the segment. */
function told({ id }: Person): string[] {
  const all = shop.told.filter(({ profileId }) => profileId === id);
  for (const one of all) shop.told.splice(shop.told.indexOf(one), 1);
  const nameOf = (segment: string) => Object.keys(ids).find((name) => ids[name] === segment) ?? segment;
  return all.map(({ name, segment, cause }) => `${name.slice('Segment '.length)} ${nameOf(segment)}: ${cause}`).sort();
}

async function say(...events: readonly JsonObject[]): Promise<void> {
  await shop.send(...events);
  await shop.catchUp();
}

async function companyId(groupId: string): Promise<string> {
  const { items } = await shop.call<{ items: { id: string }[] }>('GET', `/companies?groupId=${groupId}`);
  return items[0]!.id;
}

it('a changed trait of a company is told once of every member, whoever said it, and not when it is said again', async () => {
  const [ada, bea, cem] = [await person('ada', { event: 'Bought' }), await person('bea'), await person('cem')];
  await say(group(ada, acme, { plan: 'free', seats: { used: 4 } }), group(bea, acme), group(cem, zeta));
  expect([told(ada), told(bea), told(cem)]).toEqual([['Entered any: event'], ['Entered any: event'], []]);
  await say(group(ada, acme, { plan: 'pro', seats: { used: 12 } }));
  const entered = ['Entered large: event', 'Entered pro: event', 'Left other: event'];
  expect([told(ada), told(bea), told(cem)]).toEqual([['Entered buyers: event', ...entered], entered, []]);
  await say(
    group(bea, acme, { plan: 'pro', seats: { used: 11 } }),
    group(ada, acme),
    group(bea, acme, { plan: 'free', seats: { used: 1 } }),
  );
  const left = ['Entered other: event', 'Left large: event', 'Left pro: event'];
  expect([told(ada), told(bea), told(cem)]).toEqual([
    ['Entered other: event', 'Left buyers: event', 'Left large: event', 'Left pro: event'],
    left,
    [],
  ]);
  // What somebody said before is known to be old.
  const before = new Date(shop.world.services.clock.now() - 60_000).toISOString();
  await say({ ...group(ada, acme, { plan: 'pro', seats: { used: 50 } }), timestamp: before }, group(ada, acme));
  expect([told(ada), told(bea), told(cem)]).toEqual([[], [], []]);
});

it('who is taken out of a company leaves once what she was in by it alone, and comes back with her next group call', async () => {
  const [ada, bea] = [await person('ada', { event: 'Bought' }), await person('bea')];
  const pro = { plan: 'pro', seats: { used: 20 } };
  await say(group(ada, acme, pro), group(bea, acme), group(ada, zeta, { plan: 'pro' }));
  expect(told(ada)).toEqual([
    ...['Entered any: event', 'Entered buyers: event', 'Entered large: event', 'Entered pro: event'],
    'Left other: event',
  ]);
  told(bea);
  const remove = async (groupId: string, { id }: Person, status?: number) => {
    await shop.call('DELETE', `/companies/${await companyId(groupId)}/members/${id}`, undefined, status);
    await shop.catchUp();
  };
  await remove(acme, ada);
  // The other company is on the plan too, and says nothing of seats.
  expect([told(ada), told(bea)]).toEqual([['Left large: event'], []]);
  await remove(acme, ada, 404);
  expect([told(ada), told(bea)]).toEqual([[], []]);
  await remove(zeta, ada);
  expect([told(ada), told(bea)]).toEqual([
    ['Entered other: event', 'Left any: event', 'Left buyers: event', 'Left pro: event'],
    [],
  ]);
  for (const id of Object.values(ids)) expect(await shop.isIn(id, ada.id)).toBe(id === ids['other']);
  // She is in neither any more: what they say concerns her no longer.
  await say(group(bea, acme, { plan: 'free', seats: { used: 1 } }));
  expect(told(ada)).toEqual([]);
  expect(told(bea)).toEqual(['Entered other: event', 'Left large: event', 'Left pro: event']);
  await say(group(ada, acme, { plan: 'pro' }));
  expect(told(ada)).toEqual([
    ...['Entered any: event', 'Entered buyers: event', 'Entered pro: event'],
    'Left other: event',
  ]);
  expect(told(bea)).toEqual(['Entered pro: event', 'Left other: event']);
});

it('both at once, before anybody looked again, are told once', async () => {
  const [ada, bea] = [await person('ada', { event: 'Bought' }), await person('bea')];
  await say(group(ada, acme, { plan: 'pro', seats: { used: 10 } }), group(bea, acme));
  told(ada);
  told(bea);
  await shop.call('DELETE', `/companies/${await companyId(acme)}/members/${ada.id}`);
  await shop.send(group(bea, acme, { plan: 'free', seats: { used: 9 } }));
  await shop.catchUp();
  const left = ['Left large: event', 'Left pro: event'];
  expect(told(ada)).toEqual(['Entered other: event', 'Left any: event', 'Left buyers: event', ...left]);
  expect(told(bea)).toEqual(['Entered other: event', ...left]);
  // Put back by a member of the shop, and out again.
  const place = `/companies/${await companyId(acme)}/members/${ada.id}`;
  await shop.call('PUT', place, { role: 'buyer' });
  await shop.catchUp();
  expect(told(ada)).toEqual(['Entered any: event']);
  await shop.call('PUT', place, { role: 'owner' });
  await shop.call('DELETE', place);
  await shop.catchUp();
  expect(told(ada)).toEqual(['Left any: event']);
});
