import { afterAll, beforeAll, expect, it } from 'vitest';

import type { JsonObject } from '../../../platform/json.ts';
import { createEngines, type Engines, openWorld, type World } from '../testing/world.ts';

let engines: Engines;
let world: World;
beforeAll(async () => {
  engines = await createEngines();
  world = await openWorld(engines);
  world.work();
});
afterAll(async () => {
  await world.close();
  await engines.drop();
});

it('a group call makes a company whose name anyone may search, whose address lies sealed, and whose caller is in it', async () => {
  await world.send([
    {
      type: 'group',
      messageId: 'g-1',
      userId: 'ada',
      groupId: 'acme',
      traits: {
        name: 'Acme',
        employees: 12,
        plan: 'plus',
        website: 'https://acme.example',
        email: 'office@acme-secret.example',
        role: 'buyer',
      },
    },
    { type: 'group', messageId: 'g-2', userId: 'bob', groupId: 'acme' },
    { type: 'group', messageId: 'g-3', userId: 'bob', groupId: 'team@acme-secret.example' },
  ]);
  await world.settle();
  const { body } = await world.get('/api/v1/companies?name=acm');
  const [company] = body['items'] as [JsonObject];
  expect(company).toMatchObject({
    groupId: 'acme',
    name: 'Acme',
    traits: {
      name: 'Acme',
      employees: 12,
      plan: 'plus',
      website: 'https://acme.example',
      email: 'office@acme-secret.example',
    },
  });
  expect(company['traits']).not.toHaveProperty('role');
  const members = (await world.get(`/api/v1/companies/${company['id'] as string}/members`)).body[
    'items'
  ] as JsonObject[];
  expect(members.map(({ role }) => role).sort()).toEqual(['buyer', null]);
  const byAddress = await world.get('/api/v1/companies?groupId=team%40acme-secret.example');
  expect((byAddress.body['items'] as JsonObject[]).map(({ groupId }) => groupId)).toEqual(['team@acme-secret.example']);
  const { rows } = await world.services.postgres.query<{ row: string }>({
    text: 'select c::text as row from company c',
  });
  expect(rows).toHaveLength(2);
  expect(rows.map(({ row }) => row).join()).not.toContain('secret');
});
