import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiWorld, type Keys, openApiWorld } from './testing/api-world.ts';
import { fillSegments } from './testing/fill-segments.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());

type Value = string | number | boolean | null;
type Op = 'equals' | 'notEquals' | 'in' | 'notIn';

const ADA = 'ada@customer.example';
const PROPERTIES = ['email', 'customer_phone', 'note'];
const VALUES: readonly Value[] = [ADA, 'bea@customer.example', '+15556251199', '007', 7, 15556251199, true, null, ''];

/** As the reference of segments says it: a number equals a text that writes it, texts are equal only to themselves. */
function isEqual(value: Value, sought: Value): boolean {
  if (typeof value === typeof sought) return value === sought;
  const [text, number] = typeof value === 'string' ? [value, sought] : [sought, value];
  if (typeof text !== 'string' || typeof number !== 'number') return false;
  return /^[+-]?\d+$/.test(text) && Number(text) === number;
}

function isHit(op: Op, value: Value, sought: readonly Value[]): boolean {
  const isAny = sought.some((one) => isEqual(value, one));
  return op === 'equals' || op === 'in' ? isAny : !isAny;
}

const rules = PROPERTIES.flatMap((property) =>
  VALUES.filter((value) => value !== null).flatMap((value, at) => [
    { property, op: 'equals' as const, value },
    { property, op: 'notEquals' as const, value },
    { property, op: at % 2 === 0 ? ('in' as const) : ('notIn' as const), value: [value, VALUES[0]!] },
  ]),
);
const customers = PROPERTIES.flatMap((property) =>
  VALUES.map((value, at) => ({ property, value, id: `${property}${at}` })),
);

const nameOf = (at: number) => `segment ${at}`;

async function defineAll(keys: Keys): Promise<string[]> {
  const ids: string[] = [];
  for (const [at, filter] of rules.entries()) {
    const body = { name: nameOf(at), rule: { event: 'Asked', where: [filter] } };
    const answer = await world.ask('createSegment', keys.apiKey, { body });
    expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
    ids.push(answer.json<{ id: string }>().id);
  }
  await fillSegments(world.services);
  return ids;
}

async function sendAll(keys: Keys): Promise<void> {
  const batch = customers.map(({ property, value, id }) => ({
    type: 'track',
    event: 'Asked',
    userId: id,
    messageId: id,
    properties: { [property]: value },
  }));
  const payload = { writeKey: keys.writeKey, batch };
  expect((await world.app.inject({ method: 'POST', url: '/v1/batch', payload })).statusCode).toBe(200);
  await world.settle();
}

async function membersOf(keys: Keys, ids: readonly string[]): Promise<string[][]> {
  const { postgres } = world.services;
  const users = new Map<string, string>();
  for (const { id } of customers) {
    const query = { identifier: `userId:${id}` };
    const [profile] = (await world.ask('listProfiles', keys.apiKey, { query })).json<{ items: { id: string }[] }>()
      .items;
    users.set(profile!.id.slice(4), id);
  }
  const { rows } = await postgres.query<{ segment: string; profile: string }>({
    text: `select replace(segment_id::text, '-', '') as segment, replace(profile_id::text, '-', '') as profile
           from segment_member where workspace_id = $1`,
    values: [keys.workspaceId],
  });
  return ids.map((id) => rows.flatMap((row) => (`seg_${row.segment}` === id ? [users.get(row.profile)!] : [])).sort());
}

const expected = rules.map(({ property, op, value }) =>
  customers
    .filter((one) => isHit(op, one.property === property ? one.value : null, [value].flat()))
    .map(({ id }) => id)
    .sort(),
);

describe('a sealed property', () => {
  it('is compared as if it were not sealed, as it comes in', async () => {
    const keys = await world.addWorkspace('Live');
    const ids = await defineAll(keys);
    await sendAll(keys);
    expect(await membersOf(keys, ids)).toEqual(expected);
  });

  it('is compared as if it were not sealed, in the history, which holds none of its values', async () => {
    const keys = await world.addWorkspace('History');
    await sendAll(keys);
    const ids = await defineAll(keys);
    expect(await membersOf(keys, ids)).toEqual(expected);
    const rows = await world.services.history.query<{ payload: string }>({
      sql: 'select payload from history_events where workspace_id = {id: UInt32}',
      params: { id: keys.workspaceId },
    });
    const text = rows.map(({ payload }) => payload).join();
    for (const value of [ADA, '15556251199']) expect(text).not.toContain(`"email":"${value}`);
    expect(text).not.toContain(ADA);
  });

  it('is asked nothing that a hash cannot answer: such a rule is refused with what to do', async () => {
    const keys = await world.addWorkspace('Refused');
    const where = [{ property: 'email', op: 'contains', value: 'customer' }];
    const refused = await world.ask('createSegment', keys.apiKey, {
      body: { name: 'No', rule: { event: 'Asked', where } },
    });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('use equals')]);
    const deep = [{ property: 'customer.email', op: 'equals', value: ADA }];
    const body = { name: 'No', rule: { event: 'Asked', where: deep } };
    expect((await world.ask('createSegment', keys.apiKey, { body })).text).toContain('or as a trait');
  });
});
