// Plants one fault per lint rule beside code that must pass, lints them with the real configuration, and sees each fire.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plant, removePlanted } from './plant.ts';

const modules = 'apps/server/src/modules/segments';
const lines = (n: number) => Array.from({ length: n }, (_, i) => `export const c${i} = ${i};\n`).join('');
const body = (n: number) =>
  `export function long(): number[] {\n  const all: number[] = [];\n${'  all.push(1);\n'.repeat(n)}  return all;\n}\n`;

const faults: Record<string, [rule: string, text: string]> = {
  [`${modules}/floating.ts`]: [
    'no-floating-promises',
    'async function send() {}\nexport function act() {\n  send();\n}\n',
  ],
  [`${modules}/open-switch.ts`]: [
    'switch-exhaustiveness-check',
    "export function name(kind: 'a' | 'b') {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}\n",
  ],
  [`${modules}/reads-env.ts`]: ['no-process-env', 'export const host = process.env.HOST;\n'],
  [`${modules}/default-export.ts`]: ['no-default-export', 'export default 1;\n'],
  [`${modules}/talks.ts`]: ['no-console', "console.log('hello');\n"],
  [`${modules}/too-long.ts`]: ['max-lines', lines(301)],
  [`${modules}/too-long.test.ts`]: ['max-lines', lines(501)],
  [`${modules}/long-function.ts`]: ['max-lines-per-function', body(70)],
  [`${modules}/many-params.ts`]: ['max-params', 'export const f = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d];\n'],
  [`${modules}/deep.ts`]: [
    'max-depth',
    'export function f(a: number) {\n  if (a > 1) {\n    if (a > 2) {\n      if (a > 3) {\n        if (a > 4) {\n          return 1;\n        }\n      }\n    }\n  }\n  return 2;\n}\n',
  ],
  [`${modules}/anything.ts`]: ['no-explicit-any', 'export const f = (a: any): unknown => a;\n'],
  [`${modules}/CamelCase.ts`]: ['filename-case', 'export const a = 1;\n'],
  [`${modules}/utils.ts`]: ['homeless-file', 'export const a = 1;\n'],
  [`${modules}/shared/rule.ts`]: ['homeless-file', 'export const a = 1;\n'],
  [`${modules}/date-now.ts`]: ['time-from-clock', 'export const a = () => Date.now();\n'],
  [`${modules}/new-date.ts`]: ['time-from-clock', 'export const a = () => new Date();\n'],
  [`${modules}/sql-text.ts`]: ['sql-in-stores', 'export const q = `select id from segment where workspace_id = $1`;\n'],
  [`${modules}/sends-query.ts`]: [
    'sql-in-stores',
    'export const f = (sql: { query(s: object): void }, text: string) => sql.query({ text });\n',
  ],
  [`${modules}/other-workspace-store.ts`]: [
    'workspace-in-queries',
    'export const q = { text: `select id from segment where id = $1 for update` };\n',
  ],
  [`${modules}/delete-store.ts`]: [
    'workspace-in-queries',
    "export const q = { text: 'delete from segment where id = $1' };\n",
  ],
};

const sound: Record<string, string> = {
  [`${modules}/long-enough.ts`]: lines(300),
  [`${modules}/countries.data.ts`]: lines(400),
  [`${modules}/function.ts`]: body(66),
  [`${modules}/segment-store.ts`]: [
    'export const own = { text: `select id from segment where workspace_id = $1` };',
    "export const clock = { text: 'select now()' };",
    'export const unnested = { text: `with k as (select 1) select k from unnest($1::int[]) as k` };',
    '// every workspace: the sweeper deletes old rows of all of them',
    'export const sweep = { text: `delete from segment where updated_at < $1` };',
    '',
  ].join('\n'),
  [`${modules}/english.ts`]:
    "export const a = ['Select the members from a segment', 'update the set', 'with care (always)'];\n",
  [`${modules}/parses-date.ts`]: 'export const a = (ms: number) => new Date(ms);\n',
  [`${modules}/rule.test.ts`]: 'export const startedAt = Date.now();\nexport const home = process.env.HOME;\n',
  'apps/server/src/platform/clock/clock.ts': 'export const now = () => Date.now();\n',
  'apps/server/src/platform/config/read-config.ts': 'export const port = process.env.SEGUE_PORT;\n',
};

let found: { file: string; rule: string }[] = [];

function lint(folder: string): Promise<string> {
  const oxlint = resolve(import.meta.dirname, '../node_modules/.bin/oxlint');
  // Faults make oxlint exit 1; what counts is what it printed.
  return new Promise((done) => {
    execFile(oxlint, ['--type-aware', '--format', 'json', 'apps'], { cwd: folder, maxBuffer: 1e8 }, (_, stdout) =>
      done(stdout),
    );
  });
}

beforeAll(async () => {
  const root = (file: string) => readFileSync(resolve(import.meta.dirname, '..', file), 'utf8');
  const folder = plant({
    ...sound,
    ...Object.fromEntries(Object.entries(faults).map(([file, [, text]]) => [file, text])),
    '.oxlintrc.json': root('.oxlintrc.json'),
    'tsconfig.json': root('tsconfig.json'),
    'scripts/lint-rules.mjs': root('scripts/lint-rules.mjs'),
  });
  const { diagnostics } = JSON.parse(await lint(folder)) as { diagnostics: { filename: string; code: string }[] };
  found = diagnostics.map(({ filename, code }) => ({ file: filename, rule: /\((.+)\)/.exec(code)?.[1] ?? code }));
}, 30_000);

afterAll(removePlanted);

describe('a planted fault is found', () => {
  test.each(Object.entries(faults).map(([file, [rule]]) => [rule, file]))('%s in %s', (rule, file) => {
    expect(found.filter((fault) => fault.file === file).map((fault) => fault.rule)).toContain(rule);
  });
});

test('sound code passes', () => {
  expect(found.filter((fault) => fault.file in sound)).toEqual([]);
});
