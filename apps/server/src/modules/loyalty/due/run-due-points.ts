import type { Services } from '../../../platform/context.ts';
import { retryLostRace } from '../../../platform/jobs/index.ts';
import { expiringNews } from '../ledger/news-of.ts';
import { insertNews } from '../ledger/news-store.ts';
import { openBook, type PointsTx, toldOf, writeBook } from '../ledger/open-book.ts';
import { listPrograms } from '../programs/program-store.ts';
import { programsOf } from '../programs/program.ts';
import { listDueLots } from './due-store.ts';

const AT_ONCE_MAX = 200;

/**
 * A round: points whose time has come become available, expire, or are told of before they do. Whoever spends them at the same
 * instant has done it already: it is the same change. Answers how many lots it looked at.
 */
export async function runDuePoints(services: Services): Promise<number> {
  const now = services.clock.now();
  const due = await listDueLots(services.postgres, { now: new Date(now), limit: AT_ONCE_MAX });
  const byWorkspace = new Map<number, string[]>();
  for (const { workspaceId, lotId } of due)
    byWorkspace.set(workspaceId, [...(byWorkspace.get(workspaceId) ?? []), lotId]);
  for (const [workspaceId, lotIds] of byWorkspace) {
    await retryLostRace(() =>
      services.postgres.transaction((sql) => turn({ workspaceId, sql, now: services.clock.now() }, lotIds)),
    );
  }
  return due.length;
}

async function turn(tx: PointsTx, lotIds: readonly string[]): Promise<void> {
  const { sql, workspaceId } = tx;
  const programs = programsOf(await listPrograms(sql, workspaceId));
  const book = await openBook(tx, programs, { lotIds, isSpending: false });
  for (const lotId of lotIds) {
    book.activate(lotId);
    book.expire(lotId);
  }
  const noticed = lotIds.flatMap((lotId) => book.notice(lotId) ?? []);
  await writeBook(tx, programs, book);
  const news = expiringNews(noticed, toldOf(tx, programs, book));
  await insertNews(sql, workspaceId, { news, at: new Date(tx.now) });
}
