import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSmtp } from '../../modules/messaging/index.ts';
import { openHistory } from '../../platform/clickhouse/index.ts';
import { type Clock, createSystemClock } from '../../platform/clock/index.ts';
import { type Config, ConfigError, readConfig } from '../../platform/config/index.ts';
import { findEngineUrls, findServer } from '../../platform/embedded/index.ts';
import { openPostgres } from '../../platform/postgres/index.ts';
import { historyDatabase } from '../services.ts';
import { examineHistory } from './examine-history.ts';
import { examineHost } from './examine-host.ts';
import { examinePostgres } from './examine-postgres.ts';
import { examineWork } from './examine-work.ts';
import { examine, fail, type Finding, ok, warn } from './finding.ts';

const TIMEOUT_MS = 5_000;

export interface DoctorOptions {
  /** What the server would be started with; default: this process's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** The demo brings a mail server. */
  readonly isDemo?: boolean;
}

/**
 * Looks at everything that would keep Segue from working here: without changing anything, whether the server runs or
 * not.
 */
export async function runDoctor(options: DoctorOptions = {}): Promise<Finding[]> {
  const { env, clock = createSystemClock(), isDemo = false } = options;
  let config: Config;
  try {
    config = readConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split('\n')
      .map((line) => ({ name: 'environment', ...fail(line, 'correct it; docs/operating.md lists every variable') }));
  }
  const [host, mail, engines] = await Promise.all([
    examineHost(config),
    examineMail(config, isDemo),
    examineEngines(config, clock),
  ]);
  return [{ name: 'environment', ...ok(`roles ${config.roles.join(', ')}`) }, ...host, ...engines, mail];
}

async function examineEngines(config: Config, clock: Clock): Promise<Finding[]> {
  const running = findServer(config.dataDir);
  const embedded = running === undefined ? undefined : findEngineUrls(config.dataDir);
  const postgresUrl = config.postgresUrl ?? embedded?.postgresUrl;
  const clickhouseUrl = config.clickhouseUrl ?? embedded?.clickhouseUrl;
  const [ofPostgres, ofHistory] = await Promise.all([
    postgresUrl === undefined
      ? [examineSleeping(config, 'PostgreSQL')]
      : examineReached(config, { postgresUrl, clock }),
    clickhouseUrl === undefined ? [examineSleeping(config, 'ClickHouse')] : examineReachedHistory(clickhouseUrl),
  ]);
  return [...ofPostgres, ...ofHistory];
}

async function examineReached(config: Config, options: { postgresUrl: string; clock: Clock }): Promise<Finding[]> {
  const { postgresUrl: url, clock } = options;
  const postgres = openPostgres({
    url,
    applicationName: 'segue doctor',
    maxConnections: 2,
    connectTimeoutMs: TIMEOUT_MS,
  });
  try {
    const findings = await examinePostgres(postgres, { config, clock });
    const isUnreachable = findings.length === 1;
    return isUnreachable ? findings : [...findings, ...(await examineWork(postgres, clock.now()))];
  } finally {
    await postgres.close();
  }
}

async function examineReachedHistory(url: string): Promise<Finding[]> {
  const history = openHistory({ url, database: historyDatabase(url) });
  try {
    return await examineHistory(history);
  } finally {
    await history.close();
  }
}

/** An embedded engine that is not running can only be looked at from outside. */
function examineSleeping(config: Config, name: 'PostgreSQL' | 'ClickHouse'): Finding {
  const version = join(config.dataDir, 'postgres/PG_VERSION');
  if (name === 'ClickHouse' || !existsSync(version)) return { name, ...ok('embedded; starts with Segue') };
  return { name, ...ok(`embedded, data of version ${readFileSync(version, 'utf8').trim()}; starts with Segue`) };
}

async function examineMail({ smtpUrl, roles }: Config, isDemo: boolean): Promise<Finding> {
  const name = 'mail server';
  if (smtpUrl === undefined) {
    if (isDemo) return { name, ...ok('the demo brings its own') };
    if (!roles.includes('worker')) return { name, ...ok('not set, nor needed without the role worker') };
    return { name, ...warn('not set: messages wait', 'set SEGUE_SMTP_URL: smtp://user:password@host:587') };
  }
  const { host } = new URL(smtpUrl);
  return examine(
    name,
    () => checkSmtp(smtpUrl, TIMEOUT_MS).then(() => ok(`${host} takes mail`)),
    'see that SEGUE_SMTP_URL names host, port, user and password; smtps:// where TLS comes first',
  );
}
