import { findOverdue } from '../../modules/messaging/index.ts';
import { countUnfilledSince } from '../../modules/segments/index.ts';
import { type LogState, type ReaderLag, readLogState, readReaderLags } from '../../platform/eventlog/index.ts';
import type { Postgres } from '../../platform/postgres/index.ts';
import { readAppliedMigrations } from './doctor-store.ts';
import { examine, fail, type Finding, type Judgement, ok, warn } from './finding.ts';

const MINUTE_MS = 60_000;
const LAG_SECONDS_WARN = 60;
const LAG_SECONDS_FAIL = 600;
/** A history of a hundred million events is counted in minutes. */
const BACK_FILL_MS = 60 * MINUTE_MS;
const SEND_MS = 10 * MINUTE_MS;

const UNREADABLE = 'see what is said of PostgreSQL and of the migrations';

/** Whether the work gets done: readers, back-fills, sends, and what was set aside. Nothing when there are no tables yet. */
export async function examineWork(postgres: Postgres, nowMs: number): Promise<Finding[]> {
  const applied = await readAppliedMigrations(postgres).catch(() => []);
  if (applied === undefined || applied.length === 0) return [];
  const log = await Promise.all([readLogState(postgres), readReaderLags(postgres)]).catch((error: unknown) => error);
  if (!Array.isArray(log)) return [await examine('log', () => Promise.reject(log), UNREADABLE)];
  const [{ workers, deadLetters }, lags] = log as [LogState, ReaderLag[]];
  return Promise.all([
    ...lags.map((lag) => examine(`reader ${lag.reader}`, () => judgeLag(lag, workers), UNREADABLE)),
    examine('dead letters', () => judgeDeadLetters(deadLetters), UNREADABLE),
    examine(
      'back-fills',
      async () => judgeBackFills(await countUnfilledSince(postgres, new Date(nowMs - BACK_FILL_MS))),
      UNREADABLE,
    ),
    examine('sends', async () => judgeSends(await findOverdue(postgres, new Date(nowMs - SEND_MS))), UNREADABLE),
  ]);
}

/** Pure. */
export function judgeLag({ events, seconds }: ReaderLag, workers: number): Judgement {
  if (events === 0) return ok('has read everything');
  const text = `${events} events behind, the oldest for ${Math.round(seconds)} s`;
  if (seconds <= LAG_SECONDS_WARN) return ok(text);
  if (workers === 0) return warn(`${text}; no worker runs`, 'start a process with the role worker');
  const remedy = 'look into the log of the workers; if they are busy, start another one';
  return seconds > LAG_SECONDS_FAIL ? fail(text, remedy) : warn(text, remedy);
}

function judgeDeadLetters(count: number): Judgement {
  if (count === 0) return ok('none');
  return warn(`${count} events could not be processed`, 'read their reasons, mend the cause, and replay them');
}

function judgeBackFills(count: number): Judgement {
  if (count === 0) return ok('none is stuck');
  return warn(
    `${count} segments count their history for more than an hour`,
    'see that ClickHouse answers and a worker runs',
  );
}

function judgeSends({ queued, sending }: { queued: number; sending: number }): Judgement {
  if (queued + sending === 0) return ok('none is stuck');
  return warn(
    `${queued} messages should have gone 10 minutes ago, ${sending} are on their way since then`,
    'see that a worker runs and that SEGUE_SMTP_URL leads to a mail server',
  );
}
