import type { Services } from '../../../platform/context.ts';
import { readErasureEpoch } from '../../profiles/index.ts';
import {
  dropOldLog,
  isSomebodyStillSeen,
  readForgotten,
  readNextTransaction,
  rewriteTable,
  saveForgotten,
} from './remnant-store.ts';

/** To rewrite a table makes everybody wait: not after each of many erasures. */
const REST_MS = 3_600_000;

/** By database: the number of erasures that was seen last, and a transaction that came after all of them. */
const seen = new WeakMap<Services['postgres'], { readonly epoch: number; readonly next: string }>();
/** By database: until when it is no use to ask again, as the role may not. */
const refusedUntil = new WeakMap<Services['postgres'], number>();

/**
 * Dead rows and the write-ahead log still hold the wrapped keys of who was erased, and what was sealed with keys that
 * outlive her. Once no further erasure has come since the round before, and an hour after the last time, these tables are
 * written anew and PostgreSQL is asked to let go of its log. Answers 1 when it was. A role that may not ask for it leaves
 * the log to PostgreSQL's own checkpoints; one that does not own the tables is told so, and tries again every hour.
 */
export async function forgetRemnants(services: Services, tables: readonly string[]): Promise<number> {
  const { postgres, clock, logger } = services;
  const epoch = await readErasureEpoch(postgres);
  const before = seen.get(postgres);
  if (before?.epoch !== epoch) seen.set(postgres, { epoch, next: await readNextTransaction(postgres) });
  const forgotten = await readForgotten(postgres);
  const nowMs = clock.now();
  const hasRested = forgotten.atMs === undefined || nowMs >= forgotten.atMs + REST_MS;
  const isRefused = nowMs < (refusedUntil.get(postgres) ?? -Infinity);
  if (before?.epoch !== epoch || epoch <= forgotten.epoch || !hasRested || isRefused) return 0;
  if (await isSomebodyStillSeen(postgres, before.next)) return 0;
  for (const table of tables) {
    const rewritten = await rewriteTable(postgres, table);
    if (rewritten === 'not_allowed') {
      refusedUntil.set(postgres, nowMs + REST_MS);
      logger.warn(
        { table },
        'bytes of who was erased stay in tables that the role does not own: docs/privacy.md says how to let it write them anew',
      );
    }
    if (rewritten !== 'rewritten') return 0;
  }
  await dropOldLog(postgres);
  await saveForgotten(postgres, { epoch, at: new Date(nowMs) });
  return 1;
}
