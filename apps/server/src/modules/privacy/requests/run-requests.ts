import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import { inTransaction, type TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { recordAudit } from '../../accounts/index.ts';
import { findOnlyClaimed, findProfileId, followMerged } from '../../profiles/index.ts';
import { restrictProfile, unrestrictProfile } from './restrict-profile.ts';
import { allowProfiling, objectForProfile, objectionsIn } from './object-for-profile.ts';
import { afterFailure, approvedProfiles, begunProfiles, needsProof } from './request-rules.ts';
import { changeRequest, type RequestRow, setRequestProfile, takeDueRequest } from './request-store.ts';
import { type Counts, kindsOf, type RequestWork } from './request-work.ts';
import { openRequest, requestHash, type RequestSecret } from './sealed-request.ts';
import { writeExport } from './write-export.ts';

/** A process that died leaves its request to another after this. */
const LEASE_MS = 60_000;
/** Something it waits for, like a lane that must be read first, is asked for again after this. */
const WAIT_MS = 500;
/** An archive that is far behind needs a while. */
const BEHIND_MS = 30_000;
const SHOP_BATCH = 50;
const NO_ID = '00000000-0000-0000-0000-000000000000';

interface Job {
  readonly ctx: Ctx;
  readonly row: RequestRow;
  readonly secret: RequestSecret;
  readonly work: RequestWork;
}

/** What a step came to. */
type Step = {
  readonly counts: Counts;
  /** Whose erasure is over: what it was is counted with the step, so that no death between the two loses it. */
  readonly erased?: readonly string[];
} & (
  | { readonly kind: 'finished'; readonly outcome: 'done' | 'nothing_held'; readonly progress?: JsonObject }
  | { readonly kind: 'goes_on'; readonly progress: JsonObject; readonly restMs: number }
);

/** Makes one step of the request that is due longest; answers how many it made. */
export async function runPrivacyRequests(services: Services, work: RequestWork): Promise<number> {
  const nowMs = services.clock.now();
  const row = await takeDueRequest(services.postgres, {
    now: new Date(nowMs),
    until: new Date(nowMs + LEASE_MS),
    kinds: kindsOf(work),
  });
  if (row === undefined) return 0;
  const ctx = createContext(services, row.workspace_id, { kind: 'system', name: 'privacy' });
  try {
    const secret = openRequest(await ctx.keysOf(row.workspace_id), row.sealed);
    await step({ ctx, row, secret, work });
  } catch (error) {
    if (!(error instanceof TakenAway)) await fail(ctx, row, error);
  }
  return 1;
}

/** Somebody else works on it since: whatever was begun is undone. */
class TakenAway extends Error {}

async function fail(ctx: Ctx, row: RequestRow, error: unknown): Promise<void> {
  ctx.logger.error({ error, request: publicId('prq', row.id) }, 'a privacy request failed');
  const { state, restMs } = afterFailure(row.attempts);
  await changeRequest(ctx.sql, row, {
    state,
    // An error's own words may hold what must not be kept.
    error: error instanceof Error ? error.name : 'Error',
    nextAt: new Date(ctx.clock.now() + restMs),
  });
}

async function step(job: Job): Promise<void> {
  const { ctx, row } = job;
  // To erase takes its own transactions, each of which can be repeated, and waits for those that are open.
  if (row.kind === 'erase_shop') return commitDone(job, await eraseShop(job));
  const begun = begunProfiles(row.progress);
  if (begun !== undefined) return commitDone(job, await eraseAll(job, begun));
  const profileIds = await profilesOf(job);
  const claimed = needsProof(row.kind) ? await findOnlyClaimed(ctx, job.secret.identifiers) : [];
  const unproven = claimed.find((id) => !approvedProfiles(row.progress).includes(id));
  if (unproven !== undefined) return waitForApproval(job, unproven);
  if (profileIds[0] !== undefined && row.profile_id === null) await setRequestProfile(ctx.sql, row, profileIds[0]);
  if (profileIds.length === 0) return commit(job, () => nothingHeld(job));
  if (row.kind === 'export') return commitDone(job, await exportAll(job, profileIds));
  if (row.kind !== 'erase') return commit(job, (ctx) => answer(ctx, job, profileIds));
  await begin(job, profileIds);
  return commitDone(job, await eraseAll(job, profileIds));
}

/** The address she was asked for by is not known to be hers: a member sees whose it is said to be, and decides. */
async function waitForApproval({ ctx, row }: Job, profileId: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    await setRequestProfile(ctx.sql, row, profileId);
    if (!(await changeRequest(ctx.sql, row, { state: 'waiting', waitingFor: 'approval' }))) throw new TakenAway();
    await recordAudit(ctx, {
      action: 'privacy_request.waits',
      subject: publicId('prq', row.id),
      detail: { kind: row.kind, reason: 'claimed_identifier' },
    });
  });
}

/**
 * Notes whom an erasure is for, and keeps their identifiers out from here on: at the end they may be those of somebody
 * who has signed up meanwhile.
 */
async function begin({ ctx, row, secret, work }: Job, profileIds: readonly string[]): Promise<void> {
  const progress = { ...row.progress, profiles: [...profileIds] };
  await inTransaction(ctx, async (ctx) => {
    if (!(await changeRequest(ctx.sql, row, { state: 'running', progress }))) throw new TakenAway();
    if (row.suppress) await work.erasing!.suppress(ctx, secret.identifiers);
  });
}

function commitDone(job: Job, done: Step): Promise<void> {
  return commit(job, () => Promise.resolve(done));
}

/** Everything a step says is committed together, and by whoever still holds the request. */
async function commit(job: Job, decide: (ctx: TxCtx) => Promise<Step>): Promise<void> {
  const { row } = job;
  await inTransaction(job.ctx, async (ctx) => {
    const done = await decide(ctx);
    let counts = addCounts(row.counts, done.counts);
    for (const profileId of done.erased ?? []) counts = addCounts(counts, await job.work.erasing!.end(ctx, profileId));
    const nowMs = ctx.clock.now();
    const change =
      done.kind === 'goes_on'
        ? {
            state: 'running' as const,
            attempts: 0,
            nextAt: new Date(nowMs + done.restMs),
            progress: done.progress,
            counts,
          }
        : {
            state: 'done' as const,
            outcome: done.outcome,
            counts,
            finishedAt: new Date(nowMs),
            ...(done.progress !== undefined && { progress: done.progress }),
          };
    if (!(await changeRequest(ctx.sql, row, change))) throw new TakenAway();
    if (done.kind === 'finished') await recordReceipt(ctx, job, { counts, outcome: done.outcome });
  });
}

async function recordReceipt(ctx: TxCtx, job: Job, done: { counts: Counts; outcome: string }): Promise<void> {
  const { row, secret } = job;
  const keys = await ctx.keysOf(ctx.workspaceId);
  await recordAudit(ctx, {
    action: 'privacy_request.done',
    subject: publicId('prq', row.id),
    detail: {
      kind: row.kind,
      outcome: done.outcome,
      identifiers: secret.identifiers.map((identifier) => requestHash(keys, identifier)),
      counts: { ...done.counts },
    },
  });
}

function addCounts(a: Counts, b: Counts): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** Whom it is about now: the profile that was named, or those the identifiers lead to. */
async function profilesOf({ ctx, row, secret }: Job): Promise<string[]> {
  const named = row.profile_id === null || secret.identifiers.length > 0 ? [] : [row.profile_id];
  for (const identifier of secret.identifiers) {
    const id = await findProfileId(ctx, identifier);
    if (id !== undefined) named.push(id);
  }
  const current = await followMerged(ctx.sql, ctx.workspaceId, named);
  return [...new Set(named.flatMap((id) => current.get(id) ?? []))];
}

async function nothingHeld(job: Job): Promise<Step> {
  const { ctx, row, secret, work } = job;
  const isSuppressed = row.kind === 'erase' && row.suppress;
  if (isSuppressed) await work.erasing!.suppress(ctx, secret.identifiers);
  return {
    kind: 'finished',
    outcome: 'nothing_held',
    counts: isSuppressed ? { suppressed: secret.identifiers.length } : {},
  };
}

async function eraseAll(job: Job, profileIds: readonly string[]): Promise<Step> {
  const { ctx, row, work } = job;
  const progress = { ...row.progress, profiles: [...profileIds] };
  for (const [at, profileId] of profileIds.entries()) {
    if (!(await work.erasing!.erase(ctx, profileId)))
      return { kind: 'goes_on', counts: {}, erased: profileIds.slice(0, at), progress, restMs: WAIT_MS };
  }
  return { kind: 'finished', outcome: 'done', counts: {}, erased: profileIds };
}

async function answer(ctx: TxCtx, job: Job, profileIds: readonly string[]): Promise<Step> {
  let counts: Counts = {};
  for (const profileId of profileIds) counts = addCounts(counts, await answerFor(ctx, job, profileId));
  return { kind: 'finished', outcome: 'done', counts };
}

async function answerFor(ctx: TxCtx, { row, work }: Job, profileId: string): Promise<Counts> {
  switch (row.kind) {
    case 'restrict':
      return { restricted: (await restrictProfile(ctx, profileId)) ? 1 : 0 };
    case 'unrestrict':
      return { unrestricted: (await unrestrictProfile(ctx, work, profileId)) ? 1 : 0 };
    case 'object':
      return objectForProfile(ctx, profileId, { against: objectionsIn(row.progress), saidAt: row.created_at });
    case 'unobject':
      return allowProfiling(ctx, profileId);
    default:
      return {};
  }
}

/** Reads for minutes where there is much: in no transaction, see `writeExport`. */
async function exportAll({ ctx, row, work }: Job, profileIds: readonly string[]): Promise<Step> {
  const written = await writeExport(ctx, { row, profileIds, leaseMs: LEASE_MS, exporting: work.exporting! });
  // What is written so far lies there until it is begun anew: it goes with whom it tells of.
  const goesOn = (about: readonly string[], restMs: number): Step => {
    return { kind: 'goes_on', counts: {}, progress: { ...row.progress, about: [...about] }, restMs };
  };
  switch (written.kind) {
    case 'written':
      return { kind: 'finished', outcome: 'done', counts: { items: written.items } };
    case 'too_early':
      ctx.logger.warn({ request: publicId('prq', row.id) }, 'an export waits until the archive has caught up');
      return goesOn(written.about, BEHIND_MS);
    case 'gone':
      return goesOn(written.about, WAIT_MS);
    case 'taken_away':
      throw new TakenAway();
  }
}

/** A batch of those known through that shop only. */
async function eraseShop(job: Job): Promise<Step> {
  const { row, work, ctx } = job;
  const source = row.progress['source'];
  // Without a source of its own, nobody can be told to be known through this shop alone.
  if (typeof source !== 'number') return { kind: 'finished', outcome: 'nothing_held', counts: {} };
  const { batch: begun, ...progress } = row.progress;
  const ids = Array.isArray(begun) && begun.length > 0 ? begun.map(String) : await beginBatch(job, source);
  for (const [at, profileId] of ids.entries()) {
    if (await work.erasing!.erase(ctx, profileId)) continue;
    const left = { ...progress, batch: ids.slice(at) };
    return { kind: 'goes_on', counts: {}, erased: ids.slice(0, at), progress: left, restMs: WAIT_MS };
  }
  const last = ids.at(-1);
  if (last !== undefined) {
    return { kind: 'goes_on', counts: {}, erased: ids, progress: { ...progress, afterId: last }, restMs: 0 };
  }
  const outcome = row.progress['afterId'] === undefined ? 'nothing_held' : 'done';
  return { kind: 'finished', outcome, counts: {} };
}

/** Whom the history names next, noted before anybody is erased: whose history is gone it names no more. */
async function beginBatch({ row, work, ctx }: Job, source: number): Promise<readonly string[]> {
  const { afterId } = row.progress;
  const from = typeof afterId === 'string' ? afterId : NO_ID;
  const batch = [...(await work.listKnownOnlyFrom(ctx, { source, afterId: from, limit: SHOP_BATCH }))];
  const progress = { ...row.progress, batch };
  if (batch.length > 0 && !(await changeRequest(ctx.sql, row, { state: 'running', progress }))) throw new TakenAway();
  return batch;
}
