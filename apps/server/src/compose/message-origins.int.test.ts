import type { SegmentRule } from '@segue/contract';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ApiWorld, type Keys, openApiWorld } from './testing/api-world.ts';

let world: ApiWorld;
let keys: Keys;
beforeAll(async () => {
  world = await openApiWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  keys = await world.addWorkspace('Shop');
});

const NOBODYS = '0'.repeat(32);

const template = async (of = keys): Promise<string> => {
  const body = { name: 'News', subject: 'News', html: '<p>News</p>' };
  return (await world.ask('createTemplate', of.apiKey, { body })).json<{ id: string }>().id;
};

async function journey(of = keys): Promise<string> {
  const steps = [{ id: 'end', kind: 'exit' }];
  const graph = { entry: { kind: 'event', event: 'Began' }, reentry: 'never', start: 'end', steps };
  const made = await world.ask('createJourney', of.apiKey, { body: { name: 'News', graph } });
  return made.json<{ id: string }>().id;
}

interface Refusal {
  readonly status: number;
  readonly fields: readonly string[];
}

async function define(rule: SegmentRule, id: 'createSegment' | 'previewSegment' = 'createSegment'): Promise<Refusal> {
  const body = id === 'createSegment' ? { name: JSON.stringify(rule).slice(0, 100), rule } : { rule };
  const answer = await world.ask(id, keys.apiKey, { body });
  const { errors = [] } = answer.json<{ errors?: { field: string; message: string }[] }>();
  for (const { field, message } of errors) expect(message).toMatch(`${field}: there is no such`);
  return { status: answer.status, fields: errors.map(({ field }) => field) };
}

it('a rule may ask for messages of every template and journey there is, drafts and archived ones too', async () => {
  const archived = await journey();
  expect((await world.ask('archiveJourney', keys.apiKey, { params: { id: archived } })).status).toBe(200);
  const rules: SegmentRule[] = [
    { message: 'opened', template: await template() },
    { message: 'sent', journey: await journey() },
    { not: { message: 'clicked', journey: archived, template: await template(), within: { days: 7 } } },
  ];
  for (const rule of rules) {
    expect(await define(rule)).toEqual({ status: 201, fields: [] });
    expect(await define(rule, 'previewSegment')).toEqual({ status: 200, fields: [] });
  }
});

it('a rule that asks for messages of what never was, or is another workspace’s, is refused with every such node named', async () => {
  const other = await world.addWorkspace('Other');
  const known = { message: 'opened', template: await template(), journey: await journey() } as const;
  const rule: SegmentRule = {
    all: [
      known,
      { any: [{ ...known, template: `tpl_${NOBODYS}` }, known] },
      { not: { ...known, journey: await journey(other) } },
      { ...known, template: await template(other), journey: `jrn_${NOBODYS}` },
    ],
  };
  const fields = [
    'rule.all[1].any[0].template',
    'rule.all[2].not.journey',
    'rule.all[3].journey',
    'rule.all[3].template',
  ];
  for (const id of ['createSegment', 'previewSegment'] as const) {
    const refused = await define(rule, id);
    expect({ ...refused, fields: [...refused.fields].sort() }).toEqual({ status: 400, fields });
  }
  const { id } = (await world.ask('createSegment', keys.apiKey, { body: { name: 'Kept', rule: known } })).json<{
    id: string;
  }>();
  const changed = await world.ask('updateSegment', keys.apiKey, { params: { id }, body: { rule } });
  expect(changed.status).toBe(400);
  const renamed = await world.ask('updateSegment', keys.apiKey, { params: { id }, body: { name: 'Renamed' } });
  expect([renamed.status, renamed.json<{ rule: SegmentRule }>().rule]).toEqual([200, known]);
});
