import { randomBytes } from 'node:crypto';
import {
  createKeyRing,
  ensureFirstWorkspace,
  ensureOwners,
  type KeyRing,
  type MadeOwner,
} from '../modules/accounts/index.ts';
import { ensureDefaultTopics } from '../modules/consent/index.ts';
import { lookForWithheld } from '../modules/profiles/index.ts';
import { migrateHistory, openHistory } from '../platform/clickhouse/index.ts';
import { createScaledClock, createSystemClock } from '../platform/clock/index.ts';
import { type Config, loadSecret } from '../platform/config/index.ts';
import type { Services } from '../platform/context.ts';
import { type Engines, startEngines } from '../platform/embedded/index.ts';
import { applicationName, createEventLog, createLanes, releaseLanes } from '../platform/eventlog/index.ts';
import { EVERY_SCOPE } from '@segue/contract';
import type { Logger } from '../platform/logger/index.ts';
import { createMetrics } from '../platform/metrics/index.ts';
import { migratePostgres, openPostgres, withAdvisoryLock } from '../platform/postgres/index.ts';
import { historyMigrations, postgresMigrations } from './migrations.ts';

/** Batches in flight, group commits, sends, requests and leases: each holds a connection while it waits for the disk. */
const CONNECTIONS_MAX = 16;
const HISTORY_DATABASE = 'segue';

export interface OpenServices {
  readonly services: Services;
  readonly keyRing: KeyRing;
  /** The installation's secret. */
  readonly secret: Buffer;
  readonly engines: Engines;
  readonly processId: string;
  close(): Promise<void>;
}

/** Starts or reaches the engines, brings both to their newest migration, and sees to the first workspace. */
export async function openServices(config: Config, logger: Logger): Promise<OpenServices> {
  const processId = randomBytes(8).toString('hex');
  const secret = await loadSecret(config);
  const engines = await startEngines({ config, logger });
  const postgres = openPostgres({
    url: engines.postgresUrl,
    applicationName: applicationName(processId),
    maxConnections: CONNECTIONS_MAX,
  });
  const history = openHistory({ url: engines.clickhouseUrl, database: historyDatabase(engines.clickhouseUrl) });
  const keyRing = createKeyRing(postgres, secret);
  const services: Services = {
    postgres,
    history,
    clock: config.clock === undefined ? createSystemClock() : createScaledClock(config.clock),
    logger,
    log: createEventLog(),
    metrics: createMetrics(),
    keysOf: (workspaceId) => keyRing.keysOf(workspaceId),
  };
  try {
    await Promise.all([
      migratePostgres(postgres, postgresMigrations)
        .then(() => lookForWithheld(postgres))
        .then(() => createLanes(postgres)),
      migrateHistory(history, historyMigrations, (work) => withAdvisoryLock(postgres, 'segue history migration', work)),
    ]);
    await createFirstWorkspace(config, services, secret);
    await warnOfUnknownKeys(config, keyRing, logger);
  } catch (error) {
    await closeAll();
    throw error;
  }
  return { services, keyRing, secret, engines, processId, close: closeAll };

  async function closeAll(): Promise<void> {
    await releaseLanes(postgres, processId).catch(() => undefined);
    await history.close();
    await postgres.close();
    await engines.stop();
  }
}

export function historyDatabase(url: string): string {
  const path = new URL(url).pathname.slice(1);
  return path === '' ? HISTORY_DATABASE : decodeURIComponent(path);
}

async function createFirstWorkspace(config: Config, services: Services, secret: Buffer): Promise<void> {
  const { workspaceId, generated } = await ensureFirstWorkspace(services.postgres, {
    secret,
    nowMs: services.clock.now(),
    scopes: [EVERY_SCOPE],
    apiKey: config.apiKey,
    writeKey: config.writeKey,
    setUp: ensureDefaultTopics,
  });
  // Opens the workspace's keys at start, so that a wrong secret is found before the first event.
  await services.keysOf(workspaceId);
  const { adminEmail: email, adminPassword: password } = config;
  const owner = await ensureOwners(services.postgres, { nowMs: services.clock.now(), email, password });
  if (Object.keys(generated).length > 0 || owner?.password !== undefined) announceKeys(generated, owner);
}

/** Keys in the environment count at the first start only; whoever sets others later must not believe they took effect. */
async function warnOfUnknownKeys(config: Config, keyRing: KeyRing, logger: Logger): Promise<void> {
  const remedy = 'it is used at the first start only; the keys made then still hold';
  if (config.apiKey !== undefined && (await keyRing.findActor(config.apiKey)) === undefined) {
    logger.warn({}, `SEGUE_API_KEY is not a key of this workspace: ${remedy}`);
  }
  if (config.writeKey !== undefined && (await keyRing.findSource(config.writeKey)) === undefined) {
    logger.warn({}, `SEGUE_WRITE_KEY is not a key of this workspace: ${remedy}`);
  }
}

/** Shown once, on the terminal and not in the log: of the API key and the password only a hash is kept. */
function announceKeys(generated: { apiKey?: string; writeKey?: string }, owner: MadeOwner | undefined): void {
  const lines = [
    ...(generated.apiKey === undefined ? [] : [`  API key    ${generated.apiKey}   (keep it: it is shown only now)`]),
    ...(generated.writeKey === undefined ? [] : [`  write key  ${generated.writeKey}`]),
    ...(owner?.password === undefined
      ? []
      : [
          `  sign in    ${owner.email}`,
          `  password   ${owner.password}   (shown only now; change it once you are in)`,
        ]),
  ];
  process.stderr.write(`\n${lines.join('\n')}\n\n`);
}
