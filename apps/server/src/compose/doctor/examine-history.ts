import { randomBytes } from 'node:crypto';
import type { History } from '../../platform/clickhouse/index.ts';
import { historyMigrations } from '../migrations.ts';
import { examine, fail, type Finding, type Judgement, ok, warn } from './finding.ts';
import { createProbe, readAppliedHistory, readHistoryVersion } from './history-sql.ts';
import { judgeMigrations } from './examine-postgres.ts';

const VERSION_MIN = [24, 8] as const;

const UNREACHABLE = 'see that ClickHouse runs, and that SEGUE_CLICKHOUSE_URL names its HTTP port, user and password';

/** Everything the history itself can be asked. */
export async function examineHistory(history: History): Promise<Finding[]> {
  const reached = await examine('ClickHouse', async () => judgeVersion(await readHistoryVersion(history)), UNREACHABLE);
  if (reached.status === 'fail') return [reached];
  const rights = await examine(
    'ClickHouse rights',
    () => createProbe(history, `segue_doctor_${randomBytes(4).toString('hex')}`).then(() => ok('may create tables')),
    'grant the user of SEGUE_CLICKHOUSE_URL create, insert, select, alter and drop on its database',
  );
  const migrations = await examine(
    'history migrations',
    async () => judgeMigrations(await readAppliedHistory(history), historyMigrations),
    UNREACHABLE,
  );
  return [reached, rights, migrations];
}

/** Pure. */
export function judgeVersion(version: string): Judgement {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorMin, minorMin] = VERSION_MIN;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return ok(version);
  if (major < majorMin - 1) return fail(`${version} is too old`, `use ClickHouse ${majorMin}.${minorMin} or newer`);
  return warn(`${version} was never tried`, `use ClickHouse ${majorMin}.${minorMin} or newer`);
}
