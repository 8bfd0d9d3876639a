import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrokenBoundaries } from './boundaries.mjs';
import { readFloors } from './floors.mjs';
import { plant, removePlanted } from './plant.ts';

const modules = 'apps/server/src/modules';
const platform = 'apps/server/src/platform';

/** A sound little house: every kind of import that is allowed. */
const sound = {
  [`${platform}/postgres/sql.ts`]: 'export interface Sql { query(): void }\nexport const connect = 1;\n',
  [`${platform}/postgres/pool.ts`]: "import pg from 'pg';\nexport const pool = pg.Pool;\n",
  [`${modules}/profiles/index.ts`]: "export { profile } from './profile.ts';\n",
  [`${modules}/profiles/profile.ts`]:
    "import type { Sql } from '../../platform/postgres/sql.ts';\nexport const profile = (sql: Sql) => sql;\n",
  [`${modules}/profiles/profile-store.ts`]:
    "import { connect } from '../../platform/postgres/sql.ts';\nexport const store = connect;\n",
  [`${modules}/segments/index.ts`]: "export { rule } from './rule.ts';\n",
  [`${modules}/segments/rule.ts`]: "import { profile } from '../profiles/index.ts';\nexport const rule = profile;\n",
  'apps/server/src/compose/stages.ts':
    "import { rule } from '../modules/segments/index.ts';\nexport const stages = [rule];\n",
  'apps/server/src/main.ts': "import { stages } from './compose/stages.ts';\nexport const main = stages;\n",
  'packages/contract/src/index.ts': "import { z } from 'zod';\nexport const schema = z;\n",
  'packages/testkit/src/index.ts':
    "import { connect } from '../../../apps/server/src/platform/postgres/sql.ts';\nexport const kit = connect;\n",
  [`${modules}/segments/rule.int.test.ts`]:
    "import { kit } from '../../../../../packages/testkit/src/index.ts';\nkit;\n",
  'bench/intake.ts': "import { main } from '../apps/server/src/main.ts';\nmain;\n",
};

/** One planted fault each: the rule that must fire, and the only file that may be blamed for it. */
const faults = [
  {
    rule: 'no-climb',
    file: `${modules}/profiles/climbs.ts`,
    text: "import { rule } from '../segments/index.ts';\nexport const climbs = rule;\n",
  },
  {
    rule: 'no-climb',
    file: `${modules}/profiles/climbs-by-type.ts`,
    text: "import type { rule } from '../segments/index.ts';\nexport type Climbs = typeof rule;\n",
  },
  {
    rule: 'public-face-only',
    file: `${modules}/segments/reaches-past.ts`,
    text: "import { profile } from '../profiles/profile.ts';\nexport const reaches = profile;\n",
  },
  {
    rule: 'public-face-only',
    file: 'apps/server/src/compose/reaches-past.ts',
    text: "import { rule } from '../modules/segments/rule.ts';\nexport const reaches = rule;\n",
  },
  {
    rule: 'no-circular',
    file: `${modules}/segments/circle-a.ts`,
    text: "import type { B } from './circle-b.ts';\nexport interface A { b: B }\n",
    beside: {
      [`${modules}/segments/circle-b.ts`]: "import type { A } from './circle-a.ts';\nexport interface B { a: A }\n",
    },
  },
  {
    rule: 'sql-only-in-stores',
    file: `${modules}/segments/queries.ts`,
    text: "import { connect } from '../../platform/postgres/sql.ts';\nexport const queries = connect;\n",
  },
  {
    rule: 'sql-only-in-stores',
    file: `${modules}/segments/driver-store.ts`,
    text: "import pg from 'pg';\nexport const driver = pg;\n",
  },
  { rule: 'unlisted-module', file: `${modules}/gadgets/index.ts`, text: 'export const gadget = 1;\n' },
  {
    rule: 'platform-is-ground',
    file: `${platform}/knows-customers.ts`,
    text: "import { profile } from '../modules/profiles/index.ts';\nexport const knows = profile;\n",
  },
  {
    rule: 'nothing-imports-compose',
    file: `${modules}/segments/composes.ts`,
    text: "import { stages } from '../../compose/stages.ts';\nexport const composes = stages;\n",
  },
  {
    rule: 'packages-know-no-app',
    file: 'packages/sandbox/src/knows-app.ts',
    text: "import { main } from '../../../apps/server/src/main.ts';\nexport const knows = main;\n",
  },
  {
    rule: 'contract-is-browser-safe',
    file: 'packages/contract/src/reads-files.ts',
    text: "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
  },
  {
    rule: 'testkit-only-in-tests',
    file: `${modules}/segments/leans.ts`,
    text: "import { kit } from '../../../../../packages/testkit/src/index.ts';\nexport const leans = kit;\n",
  },
  {
    rule: 'unresolved',
    file: `${modules}/segments/leads-nowhere.ts`,
    text: "export { nothing } from './nothing.ts';\n",
  },
];

afterAll(removePlanted);

test('a sound house breaks no boundary', async () => {
  const { modules: read, broken } = await findBrokenBoundaries(plant(sound));
  expect(broken).toEqual([]);
  expect(read).toBeGreaterThanOrEqual(Object.keys(sound).length);
});

test('reading nothing is a failure, not a success', async () => {
  await expect(findBrokenBoundaries(plant({}))).rejects.toThrow('no module at all');
});

test('there are 26 floors, each once', async () => {
  const floors = await readFloors();
  expect(new Set(floors).size).toBe(26);
  expect(floors.at(0)).toBe('accounts');
  expect(floors.at(-1)).toBe('privacy');
});

describe('a planted fault is found', () => {
  let found: { rule: string; from: string }[] = [];

  beforeAll(async () => {
    const planted = faults.map(({ file, text, beside }) => ({ [file]: text, ...beside }));
    found = (await findBrokenBoundaries(plant(Object.assign({}, sound, ...planted)))).broken;
  });

  test.each(faults)('$rule in $file', ({ rule, file }) => {
    expect(found.filter((fault) => fault.from === file).map((fault) => fault.rule)).toContain(rule);
  });

  test('and no sound file is blamed', () => {
    expect(found.filter((fault) => fault.from in sound)).toEqual([]);
  });
});
