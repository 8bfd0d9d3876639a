import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { API_KEY, createEngines, type Engines, openWorld, type World } from '../modules/events/testing/world.ts';

const CONNECTIONS = 50;
let engines: Engines;
let world: World;
let serverKey: string;
let serial = 0;

beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines, { maxConnections: CONNECTIONS });
  world.work();
  const source = await call('/api/v1/sources', { name: 'Server', kind: 'server' });
  serverKey = (source.body['writeKey'] as { key?: string }).key!;
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

const call = (path: string, body: unknown) => world.post(path, body, { authorization: `Bearer ${API_KEY}` });

type Act =
  | { kind: 'earn' | 'burn' | 'adjust'; who: number; points: number }
  | { kind: 'refund'; burn: number; points: number }
  | { kind: 'transfer'; who: number; to: number; points: number };

const who = fc.nat({ max: 2 });
const points = fc.integer({ min: 1, max: 40 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('earn' as const, 'burn', 'burn', 'adjust'), who, points }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refund' as const), burn: fc.nat({ max: 30 }), points }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('transfer' as const), who, to: who, points }) },
);

async function send(one: Act, at: { run: string; n: number; program: string; people: readonly string[] }) {
  const reference = `${at.run}-${at.n}`;
  const said = { program: at.program, reference };
  switch (one.kind) {
    case 'earn':
    case 'burn':
      return call(`/api/v1/points/${one.kind}`, { ...said, identifier: at.people[one.who], points: one.points });
    case 'adjust':
      return call('/api/v1/points/adjust', {
        ...said,
        identifier: at.people[one.who],
        points: -one.points,
        reason: 'x',
      });
    case 'refund':
      return call('/api/v1/points/refund', { ...said, burn: `${at.run}-${one.burn}`, points: one.points });
    case 'transfer': {
      const [from, to] = [one.who, one.to].map((n) => ({ identifier: at.people[n] }));
      return call('/api/v1/points/transfer', { ...said, from, to, points: one.points });
    }
  }
}

describe('points of three customers', () => {
  it('add up whatever fifty callers do with them at once, each thing once though it is said twice', async () => {
    const acts = fc.array(act, { minLength: CONNECTIONS / 2, maxLength: CONNECTIONS / 2 });
    await fc.assert(
      fc.asyncProperty(acts, async (wanted) => {
        const run = `run${++serial}`;
        const program = `p${serial}`;
        const terms = { isTransferable: true, expiry: { kind: 'days', days: 30 } };
        expect((await call('/api/v1/points-programs', { key: program, name: program, terms })).status).toBe(201);
        const people = [0, 1, 2].map((n) => `userId:${run}-${n}`);
        const batch = people.map((id) => ({ type: 'track', event: 'Seen', userId: id.slice('userId:'.length) }));
        await world.post('/v1/batch', { writeKey: serverKey, batch });
        await world.settle();
        for (const [n, identifier] of people.entries())
          await call('/api/v1/points/earn', { identifier, program, points: 50, reference: `${run}-start-${n}` });
        const at = { run, program, people };
        const answers = await Promise.all(
          [...wanted, ...wanted].map((one, n) => send(one, { ...at, n: n % wanted.length })),
        );
        for (const { status } of answers) expect([201, 404, 409]).toContain(status);
        const done = wanted.map((_, n) =>
          [answers[n]!, answers[n + wanted.length]!].filter(({ status }) => status === 201),
        );
        for (const twice of done) expect(twice.filter(({ body }) => body['isRepeat'] === false).length).toBeLessThan(2);
        // What callers were told has happened, and nothing else has.
        const change = { earn: 1, burn: -1, adjust: -1, refund: 1, transfer: 0 };
        const expected = wanted.reduce(
          (sum, one, n) => sum + (done[n]!.length > 0 ? change[one.kind] * one.points : 0),
          150,
        );
        const { body } = await world.get(`/api/v1/points-programs/${program}/totals`);
        expect(body).toMatchObject({ balance: expected, debt: 0, pending: 0 });
        expect(await wrongSums(program)).toEqual([]);
      }),
      { numRuns: propertyRuns(6) },
    );
  });
});

async function wrongSums(program: string): Promise<unknown[]> {
  const { rows } = await world.services.postgres.query({
    text: `select a.id, a.balance, l.active, e.balance as entered, s.spent, b.open from loyalty_account a
           join points_program p on p.workspace_id = a.workspace_id and p.id = a.program_id and p.key = $2
           left join lateral (select coalesce(sum(remaining), 0) as active from loyalty_lot l
             where l.workspace_id = a.workspace_id and l.account_id = a.id and l.state = 'active') l on true
           left join lateral (select coalesce(sum(delta_balance), 0) as balance from loyalty_entry e
             where e.workspace_id = a.workspace_id and e.account_id = a.id) e on true
           left join lateral (select coalesce(-sum(q.quantity), 0) as spent from burn_allocation q
             join loyalty_burn b on b.workspace_id = q.workspace_id and b.id = q.burn_id
             where q.workspace_id = a.workspace_id and b.account_id = a.id) s on true
           left join lateral (select coalesce(sum(b.points - b.restored), 0) as open from loyalty_burn b
             where b.workspace_id = a.workspace_id and b.account_id = a.id) b on true
           where a.workspace_id = $1 and (a.balance <> l.active or a.balance <> e.balance or a.balance < 0 or s.spent <> b.open)`,
    values: [world.ctx.workspaceId, program],
  });
  return rows;
}
