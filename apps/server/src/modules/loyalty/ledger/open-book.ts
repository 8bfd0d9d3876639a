import { newUuid } from '../../../platform/ids/index.ts';
import type { Transaction } from '../../../platform/postgres/index.ts';
import type { EventBatch } from '../../../platform/eventlog/index.ts';
import { noteFacts } from '../../profiles/index.ts';
import { ledgerRulesOf, type Programs } from '../programs/program.ts';
import { type AccountOwner, ensureAccounts, lockAccounts, writeAccounts } from './account-store.ts';
import { insertEntries } from './entry-store.ts';
import { listLiveLots, type LotSource, readLots, writeLots } from './lot-store.ts';
import { newsOf } from './news-of.ts';
import { insertNews } from './news-store.ts';
import { PointsBook } from './points-book.ts';

const FACTS = ['$points'] as const;

/** One transaction in which points change: that of a verb, of an order, of a batch of events, or of a loop. */
export interface PointsTx {
  readonly workspaceId: number;
  readonly sql: Transaction;
  readonly now: number;
  /** In the processor's own transaction: whose events these are. */
  readonly entries?: EventBatch['entries'];
}

/** Whose ledger is opened, and what of it. */
export interface BookWish {
  /** Their accounts come into being. */
  readonly owners?: readonly AccountOwner[];
  readonly profileIds?: readonly string[];
  readonly accountIds?: readonly string[];
  /** Lots by what earned them, whatever became of them. */
  readonly sources?: readonly LotSource[];
  readonly lotIds?: readonly string[];
  /** False: points only come in, so that what can be spent is not read. Of who owes points it always is. */
  readonly isSpending: boolean;
}

/** Locks everything all these customers have, and reads it. Six queries, whatever their number. */
export async function openBook(tx: PointsTx, programs: Programs, wish: BookWish): Promise<PointsBook> {
  const { sql, workspaceId, now } = tx;
  const newId = () => newUuid(now);
  const { owners = [], profileIds = [], accountIds = [], sources = [], lotIds = [] } = wish;
  // Whose they are: read before the lock, and again after it.
  const before = await readLots(sql, workspaceId, { ids: lotIds, sources });
  await ensureAccounts(sql, workspaceId, { owners, newId, at: new Date(now) });
  const all = await lockAccounts(sql, workspaceId, {
    profileIds: [...new Set([...profileIds, ...owners.map((owner) => owner.profileId)])],
    ids: [...new Set([...accountIds, ...before.map((lot) => lot.accountId)])],
  });
  // She may have points in programs that this is not about.
  const accounts = all.filter(({ programId }) => programs.all.some(({ id }) => id === programId));
  const rulesOf = (programId: string) => ledgerRulesOf(programs.get(programId));
  const isRead = ({ debt, programId }: (typeof accounts)[number]) =>
    wish.isSpending || debt > 0 || rulesOf(programId).inactivityDays !== null;
  const live = await listLiveLots(
    sql,
    workspaceId,
    accounts.filter(isRead).map(({ id }) => id),
  );
  const named = await readLots(sql, workspaceId, { ids: lotIds, sources });
  return new PointsBook({ nowMs: now, newId, accounts, lots: [...live, ...named], rulesOf });
}

/** Writes what changed in a book, with what follows: rules about points are asked again, and it is told. One query a table. */
export async function writeBook(tx: PointsTx, programs: Programs, book: PointsBook): Promise<void> {
  const { sql, workspaceId } = tx;
  const at = new Date(tx.now);
  const { changedAccounts, changedLots, entries } = book;
  if (changedAccounts.length + changedLots.length === 0) return;
  await writeAccounts(sql, workspaceId, changedAccounts);
  await writeLots(sql, workspaceId, { lots: changedLots, at });
  await insertEntries(sql, workspaceId, { entries, at });
  await insertNews(sql, workspaceId, { news: newsOf(entries, toldOf(tx, programs, book)), at });
  const profileIds = changedAccounts.flatMap(({ profileId }) => profileId ?? []);
  if (profileIds.length > 0) await noteFacts(tx, profileIds, FACTS);
}

/** What is known of who is told. */
export function toldOf({ workspaceId }: Pick<PointsTx, 'workspaceId'>, programs: Programs, book: PointsBook) {
  return {
    workspaceId,
    account: (id: string) => book.account(id),
    lot: (id: string) => book.lot(id),
    program: (id: string) => programs.get(id),
  };
}
