import { createKeyRing, findBrokenAudit, findFirstWorkspaceId } from '../../modules/accounts/index.ts';
import { type Config, findSecret } from '../../platform/config/index.ts';
import type { Clock } from '../../platform/clock/index.ts';
import { checksumOf, type Migration, type Postgres } from '../../platform/postgres/index.ts';
import { postgresMigrations } from '../migrations.ts';
import { probeTable, readAppliedMigrations, readServerFacts, type ServerFacts } from './doctor-store.ts';
import { examine, fail, type Finding, type Judgement, ok, warn } from './finding.ts';

const VERSION_MIN = 15;
/** What a process with both roles opens at most, and a little for the administrator. */
const CONNECTIONS_WANTED = 20;

const UNREACHABLE = 'see that PostgreSQL runs, and that SEGUE_POSTGRES_URL names host, user, password and database';

/** Everything PostgreSQL itself can be asked. */
export async function examinePostgres(
  postgres: Postgres,
  options: { config: Config; clock: Clock },
): Promise<Finding[]> {
  const { config, clock } = options;
  const askedAt = clock.now();
  let facts: ServerFacts;
  try {
    facts = await readServerFacts(postgres);
  } catch (error) {
    return [await examine('PostgreSQL', () => Promise.reject(error), UNREACHABLE)];
  }
  // Read in the middle between asking and hearing.
  const skewMs = facts.nowMs - (askedAt + clock.now()) / 2;
  const examineKnown = (name: string, check: () => Promise<Judgement> | Judgement) => examine(name, check, UNREACHABLE);
  const findings = [
    { name: 'PostgreSQL', ...judgeServer(facts) },
    { name: 'clock', ...judgeSkew(skewMs) },
    await examine(
      'PostgreSQL rights',
      () => probeTable(postgres).then(() => ok('may create tables')),
      'let the user of SEGUE_POSTGRES_URL own the database: alter database … owner to …',
    ),
    await examineKnown('migrations', async () =>
      judgeMigrations(await readAppliedMigrations(postgres), postgresMigrations),
    ),
  ];
  return [
    ...findings,
    await examineKnown('secret', () => judgeSecret(postgres, config)),
    await examineKnown('audit', () => judgeAudit(postgres, config)),
  ];
}

/** Pure. */
export function judgeServer(facts: ServerFacts): Judgement {
  const { version, versionNumber, fsync, connectionsMax, connectionsUsed } = facts;
  const text = `${version}, ${connectionsUsed} of ${connectionsMax} connections used`;
  if (versionNumber < VERSION_MIN * 10_000) {
    return fail(`${version} is too old`, `use PostgreSQL ${VERSION_MIN} or newer, or leave SEGUE_POSTGRES_URL out`);
  }
  if (fsync !== 'on') return warn(`${text}, fsync is ${fsync}`, 'set fsync = on: a power cut may lose accepted events');
  if (connectionsMax - connectionsUsed < CONNECTIONS_WANTED) {
    return warn(text, `raise max_connections: a process of Segue opens up to ${CONNECTIONS_WANTED}`);
  }
  return ok(text);
}

/** Pure. Waits and the times of events go by this machine's clock, leases by the database's. */
export function judgeSkew(skewMs: number): Judgement {
  const seconds = Math.abs(skewMs) / 1_000;
  const text = `${seconds.toFixed(1)} s ${skewMs >= 0 ? 'behind' : 'ahead of'} the database`;
  const remedy = 'let NTP set the clocks of both machines';
  if (seconds > 30) return fail(text, remedy);
  return seconds > 2 ? warn(text, remedy) : ok(seconds < 0.1 ? 'as the database shows it' : text);
}

/** Pure: what the ledger of an engine says against what this version knows. */
export function judgeMigrations(
  applied: readonly { id: string; checksum: string }[] | undefined,
  known: readonly Migration[],
): Judgement {
  if (applied === undefined || applied.length === 0) return ok('none yet: the first start makes the tables');
  const checksums = new Map(known.map((migration) => [migration.id, checksumOf(migration)]));
  const unknown = applied.filter(({ id }) => !checksums.has(id));
  if (unknown.length > 0) {
    return fail(`${unknown[0]!.id} is not known to this version`, 'start the version that made it, or a newer one');
  }
  const edited = applied.find(({ id, checksum }) => checksums.get(id) !== checksum);
  if (edited !== undefined)
    return fail(`${edited.id} was edited after it ran`, 'restore its text and add a new migration');
  const done = new Set(applied.map(({ id }) => id));
  const pending = known.filter(({ id }) => !done.has(id));
  if (pending.length > 0) {
    return warn(
      `${pending.length} to come, first ${pending[0]!.id}`,
      'start this version: it migrates; make a backup before',
    );
  }
  return ok(`all ${applied.length} done`);
}

async function judgeSecret(postgres: Postgres, config: Config): Promise<Judgement> {
  const secret = await findSecret(config);
  const isMigrated = ((await readAppliedMigrations(postgres)) ?? []).length > 0;
  const workspaceId = isMigrated ? await findFirstWorkspaceId(postgres) : undefined;
  if (workspaceId === undefined) {
    return ok(
      secret === undefined ? 'none yet: the first start makes one' : 'there, and nothing is sealed with it yet',
    );
  }
  if (secret === undefined) {
    return fail(
      'this data was sealed with a secret, and there is none here',
      `set SEGUE_SECRET, or bring the file "secret" of the first start to ${config.dataDir}`,
    );
  }
  try {
    await createKeyRing(postgres, secret).keysOf(workspaceId);
  } catch {
    return fail(
      'this data was sealed with another secret',
      'set SEGUE_SECRET, or bring the file "secret", of the first start: without it personal data cannot be read',
    );
  }
  if (config.secret === undefined && config.postgresUrl !== undefined) {
    return warn('it opens this data, and lies only here', 'keep a copy, and set SEGUE_SECRET in every process');
  }
  return ok('it opens this data');
}

/** Older tables have no chain yet, and without the secret nothing can be said. */
async function judgeAudit(postgres: Postgres, config: Config): Promise<Judgement> {
  const secret = await findSecret(config);
  const applied = (await readAppliedMigrations(postgres)) ?? [];
  if (secret === undefined || !applied.some(({ id }) => id.endsWith('_chain-audit')))
    return ok('nothing to follow yet');
  const keyRing = createKeyRing(postgres, secret);
  const { verified, broken } = await findBrokenAudit(postgres, (workspaceId) => keyRing.keysOf(workspaceId));
  if (broken === undefined) return ok(`all ${verified} entries hold`);
  return fail(
    `entry ${broken.seq} of workspace ${broken.workspaceId} does not hold: ${broken.reason}`,
    'somebody changed the table audit_entry; compare it with a backup',
  );
}
