import type { Services } from '../../../platform/context.ts';
import { readErasureEpoch } from '../../profiles/index.ts';
import { dropOldLog, isSomebodyStillSeen, readForgotten, rewriteTable, saveForgotten } from './remnant-store.ts';

/** To rewrite a table makes everybody wait: not after each of many erasures. */
const REST_MS = 3_600_000;

/** By database: the number of erasures that was seen last. */
const seen = new WeakMap<Services['postgres'], number>();

/**
 * Dead rows and the write-ahead log still hold the wrapped keys of who was erased, and what was sealed with keys that
 * outlive her. Once no further erasure has come since the round before, and an hour after the last time, these tables are
 * written anew and PostgreSQL is asked to let go of its log. Answers 1 when it was. A role that may not ask for it leaves
 * the log to PostgreSQL's own checkpoints.
 */
export async function forgetRemnants(services: Services, tables: readonly string[]): Promise<number> {
  const { postgres, clock } = services;
  const epoch = await readErasureEpoch(postgres);
  const isQuiet = seen.get(postgres) === epoch;
  seen.set(postgres, epoch);
  const forgotten = await readForgotten(postgres);
  const nowMs = clock.now();
  const hasRested = forgotten.atMs === undefined || nowMs >= forgotten.atMs + REST_MS;
  if (epoch <= forgotten.epoch || !isQuiet || !hasRested) return 0;
  if (await isSomebodyStillSeen(postgres)) return 0;
  for (const table of tables) if (!(await rewriteTable(postgres, table))) return 0;
  await dropOldLog(postgres);
  await saveForgotten(postgres, { epoch, at: new Date(nowMs) });
  return 1;
}
