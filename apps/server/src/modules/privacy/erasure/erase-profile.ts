import type { Ctx } from '../../../platform/context.ts';
import { open } from '../../../platform/crypto/index.ts';
import { inSubjects, inTransaction, readPositions, type TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { namesHer, type PersonalDataKeeper, type PersonalSubject } from '../../../platform/personal-data/index.ts';
import { advanceErasureEpoch, destroyNodes, followMerged } from '../../profiles/index.ts';
import { deleteExportsOf } from '../requests/request-store.ts';
import {
  areOlderTransactionsOver,
  deleteErasure,
  type ErasureRow,
  findErasure,
  forgetAnswers,
  insertErasure,
  markErasure,
  pageKeptAnswers,
  sweptErasure,
} from './erasure-store.ts';
import { deleteNodesFromHistory } from './history-sql.ts';
import { findPersonalSubject } from './personal-subject.ts';

type Counts = Readonly<Record<string, number>>;
const PAGE_ANSWERS = 500;
/** Everybody who makes something of what the log says. */
const READERS = ['processor', 'archive', 'observer', 'webhooks'] as const;

/**
 * Erases a customer from every module and both engines; false: something she sent is still on its way, ask again. True
 * comes again and again until `endErasure`.
 * One transaction destroys her keys and deletes what is known of her; from its commit on nothing of her can be read. What
 * follows only tidies up what was under way, and is begun again by whoever comes next: transactions that remembered her
 * nodes end, every reader passes what they wrote, and what came of it is deleted, in the history too.
 */
export async function eraseProfile(
  ctx: Ctx,
  keepers: readonly PersonalDataKeeper[],
  profileId: string,
): Promise<boolean> {
  const { sql, workspaceId } = ctx;
  const erasure = (await findErasure(sql, workspaceId, { profileId })) ?? (await destroy(ctx, keepers, profileId));
  if (erasure === undefined) {
    // Merged away while it was waited for: whoever asks again is led to the one she is now.
    return !(await followMerged(sql, workspaceId, [profileId])).has(profileId);
  }
  if (erasure.state === 'destroyed') {
    if (await areOlderTransactionsOver(sql, workspaceId, profileId)) await markErasure(sql, workspaceId, profileId);
    return false;
  }
  if (erasure.state === 'marked') {
    if (!(await hasEveryReaderPassed(ctx, erasure))) return false;
    await sweep(ctx, keepers, erasure);
  }
  await deleteNodesFromHistory(ctx.history, { workspaceId, nodes: erasure.nodes });
  return true;
}

/**
 * The end: of her profile nothing is left, nor of her erasure. Answers how many rows of each module it was, to the one
 * transaction that commits it; to be called when `eraseProfile` said true.
 */
export async function endErasure({ sql, workspaceId }: TxCtx, profileId: string): Promise<Counts> {
  const erasure = await findErasure(sql, workspaceId, { profileId, lock: true });
  if (erasure?.state !== 'swept') return {};
  await deleteErasure(sql, workspaceId, erasure);
  return erasure.counts;
}

async function destroy(
  ctx: Ctx,
  keepers: readonly PersonalDataKeeper[],
  profileId: string,
): Promise<ErasureRow | undefined> {
  await inTransaction(ctx, (ctx) =>
    // The lock on her state keeps events, sends and merges out until it is gone.
    inSubjects(ctx, { workspaceId: ctx.workspaceId, ids: [profileId] }, async (batch) => {
      // Another request may have had the lock before.
      if ((await findErasure(ctx.sql, ctx.workspaceId, { profileId })) !== undefined) return;
      const subject = await findPersonalSubject(ctx, profileId);
      if (subject === undefined) return;
      if ((await followMerged(ctx.sql, ctx.workspaceId, [profileId])).get(profileId) !== profileId) return;
      await forgetKeptAnswers(ctx, subject);
      const counts = await eraseKept(ctx, { keepers, subject, before: { profiles: subject.profileIds.length } });
      const at = new Date(ctx.clock.now());
      counts['identifiers'] = await destroyNodes(ctx.sql, ctx.workspaceId, { nodes: subject.nodes, at });
      if (batch.subjects.has(profileId)) batch.remove(profileId);
      await insertErasure(ctx.sql, ctx.workspaceId, {
        profile_id: profileId,
        profile_ids: [...subject.profileIds],
        nodes: [...subject.nodes],
        counts,
      });
      ctx.beforeCommit(() => advanceErasureEpoch(ctx.sql));
    }),
  );
  return findErasure(ctx.sql, ctx.workspaceId, { profileId });
}

/** What readers made of events that were under way. */
async function sweep(ctx: Ctx, keepers: readonly PersonalDataKeeper[], erasure: ErasureRow): Promise<void> {
  const subject: PersonalSubject = {
    profileId: erasure.profile_id,
    profileIds: erasure.profile_ids,
    nodes: erasure.nodes,
    identifiers: [],
    values: [],
  };
  await inTransaction(ctx, async (ctx) => {
    const counts = await eraseKept(ctx, { keepers, subject, before: erasure.counts });
    await sweptErasure(ctx.sql, ctx.workspaceId, { profileId: erasure.profile_id, counts });
  });
}

/** Rows by module, with those from before; the profiles themselves count as rows of theirs. */
async function eraseKept(
  ctx: TxCtx,
  erased: { keepers: readonly PersonalDataKeeper[]; subject: PersonalSubject; before: Counts },
): Promise<Record<string, number>> {
  const { keepers, subject, before } = erased;
  const counts: Record<string, number> = { ...before };
  const add = (name: string, rows: number): void => void (counts[name] = (counts[name] ?? 0) + rows);
  add('exports', await deleteExportsOf(ctx.sql, ctx.workspaceId, subject.profileIds));
  for (const keeper of keepers) add(keeper.name, (await keeper.erase(ctx, subject)).rows);
  return counts;
}

async function hasEveryReaderPassed(ctx: Ctx, { marks }: ErasureRow): Promise<boolean> {
  for (const reader of READERS) {
    const positions = new Map(
      (await readPositions(ctx.sql, reader)).map(({ log, lane, seq }) => [`${log}/${lane}`, seq]),
    );
    // A reader that never ran has made nothing of her.
    if (positions.size === 0) continue;
    const isBehind = (marks ?? []).some(({ log, lane, seq }) => (positions.get(`${log}/${lane}`) ?? seq) < seq);
    if (isBehind) return false;
  }
  return true;
}

/** Answers to calls with an idempotency key are kept for two days, sealed: those that speak of her are emptied. */
async function forgetKeptAnswers(ctx: TxCtx, { profileIds, values }: PersonalSubject): Promise<void> {
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  const names = [...values, ...profileIds.map((id) => publicId('prf', id))];
  for (let afterKey = ''; ;) {
    const page = await pageKeptAnswers(ctx.sql, ctx.workspaceId, { afterKey, limit: PAGE_ANSWERS });
    const hers = page.filter(({ body }) => body !== null && namesHer(open(wrapping, body).toString('utf8'), names));
    await forgetAnswers(
      ctx.sql,
      ctx.workspaceId,
      hers.map(({ key }) => key),
    );
    if (page.length < PAGE_ANSWERS) return;
    afterKey = page.at(-1)!.key;
  }
}
