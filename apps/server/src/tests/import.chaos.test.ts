import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Import, RowError } from '@segue/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from './testing/api-client.ts';
import { type BuiltProgram, buildServer } from './testing/build-server.ts';
import { type Audit, openAudit } from './testing/crash-audit.ts';
import { type DataFolder, makeDataFolder } from './testing/data-folder.ts';
import { freePort } from './testing/free-port.ts';
import { keepServer, type KeptServer } from './testing/kept-server.ts';
import { API_KEY } from './testing/server-process.ts';
import { until } from './testing/until.ts';

const ROWS = 60_000;
const BAD_EVERY = 5_000;
/** Killed when so many rows were read. */
const KILLS_AT = [2_000, 20_000, 40_000];
const DEADLINE_MS = 120_000;

let built: BuiltProgram;
let folder: DataFolder;
let server: KeptServer;
let api: ApiClient;
let audit: Audit;

beforeAll(async () => {
  built = await buildServer();
  folder = makeDataFolder();
  server = await keepServer({ command: [built.script], dataDir: folder.path, port: await freePort() });
  api = createApiClient(server.url);
  audit = openAudit(folder);
});
afterAll(async () => {
  await audit.close();
  await server.stop();
  folder.remove();
  built.remove();
});

const isBad = (row: number): boolean => row % BAD_EVERY === 0;
const findImport = async (): Promise<Import | undefined> => (await api.list<Import>('/imports'))[0];

/** The command line as a person runs it; answers how it ended. */
async function runCommand(file: string): Promise<{ code: number; output: string }> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../../../scripts/segue.mjs'), 'import', file, '--kind', 'events'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', SEGUE_URL: server.url, SEGUE_API_KEY: API_KEY },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

test('a server killed in the midst of an import takes every row once and leaves none out', async () => {
  const rows = Array.from(
    { length: ROWS },
    (_, i) => `Imported,user-${i % 500},${isBad(i + 1) ? 'never' : '2025-01-01T10:00:00Z'},${i + 1}`,
  );
  const file = join(folder.path, 'events.csv');
  writeFileSync(file, `event,userId,timestamp,row\n${rows.join('\n')}\n`);
  let command = runCommand(file);
  for (const at of KILLS_AT) {
    await until(`${at} rows are read`, async () => ((await findImport())?.rows.read ?? 0) >= at, {
      timeoutMs: DEADLINE_MS,
    });
    await server.kill();
    await server.start();
  }
  // It waits for a server that is away; had it given up, it is run again, which goes on with the same import.
  let ended = await command;
  for (let again = 0; ended.code === 1 && again < KILLS_AT.length; again++) {
    command = runCommand(file);
    ended = await command;
  }
  expect(ended, ended.output).toMatchObject({ code: 3 });
  const bad = ROWS / BAD_EVERY;
  expect(await api.list<Import>('/imports')).toHaveLength(1);
  const done = (await findImport())!;
  expect(done).toMatchObject({ state: 'done', rows: { read: ROWS, accepted: ROWS - bad, rejected: bad } });
  const errors = await api.list<RowError>(`/imports/${done.id}/errors`);
  // The first line of the file is its head.
  expect(errors.map(({ line }) => line)).toEqual(Array.from({ length: bad }, (_, i) => (i + 1) * BAD_EVERY + 1));
  await until(
    'the history holds everything',
    async () => Object.values(await audit.openWork()).every((open) => open === 0),
    {
      timeoutMs: DEADLINE_MS,
    },
  );
  const ids = (await audit.archivedEvents())
    .filter(({ name }) => name === 'Imported')
    .map(({ message_id }) => message_id);
  expect(ids).toHaveLength(ROWS - bad);
  expect(new Set(ids).size).toBe(ROWS - bad);
});
