import { type EventBatch, finalOwners, type RebuildBatch, type Stage } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { noteFacts } from '../../profiles/index.ts';
import { activeRules, earnByEvents } from '../earning/earn-by-events.ts';
import { openBook, writeBook } from '../ledger/open-book.ts';
import { listPrograms } from '../programs/program-store.ts';
import { programsOf } from '../programs/program.ts';
import { handAccountsOver, moveAccounts } from './follow-store.ts';

/** Points follow their customers, and events earn what rules give for them. */
export function createLoyaltyStage(): Stage {
  return {
    name: 'loyalty',
    async hears(batch) {
      const rules = await activeRules(batch);
      return ({ name }) => rules.has(name);
    },
    async run(batch) {
      await followMerges(batch);
      await earnByEvents(batch);
    },
    async rebuild(batch) {
      await handOver(batch);
    },
  };
}

async function followMerges(batch: EventBatch): Promise<void> {
  const moves = finalOwners(batch.merges);
  if (moves.size === 0) return;
  const { moved, owing } = await moveAccounts(batch.sql, batch.workspaceId, moves);
  if (moved === 0) return;
  await settle(batch, owing);
  await noteFacts(batch, new Set(moves.values()), ['$points']);
}

/** One customer owes nothing to herself: what one of the two had pays what the other owed. */
async function settle(batch: EventBatch, profileIds: readonly string[]): Promise<void> {
  if (profileIds.length === 0) return;
  const { sql, workspaceId, now, entries } = batch;
  const tx = { workspaceId, sql, now, entries };
  const programs = programsOf(await listPrograms(sql, workspaceId));
  const book = await openBook(tx, programs, { profileIds, isSpending: true });
  const purses = programs.all.flatMap(({ id }) => profileIds.map((profileId) => book.accountsOf(id, profileId)));
  for (const { id, debt } of purses.flat())
    if (debt > 0) book.settle(id, { ref: 'merge', key: `merge/${newUuid(now)}` });
  await writeBook(tx, programs, book);
}

async function handOver(batch: RebuildBatch): Promise<void> {
  const { sql, workspaceId, handovers } = batch;
  const moved = await handAccountsOver(sql, workspaceId, handovers);
  if (moved === 0) return;
  await noteFacts(
    batch,
    handovers.flatMap(({ from, into }) => [from.id, into.id]),
    ['$points'],
  );
}
