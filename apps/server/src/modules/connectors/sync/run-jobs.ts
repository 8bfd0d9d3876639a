import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import { beginApplying, ownerOf } from '../apply/applying.ts';
import { applyRecords } from '../apply/apply-records.ts';
import { countOrderDays } from '../apply/order-store.ts';
import { type ShopClient, ShopFault, type ShopPage, type ShopResource } from '../connector.ts';
import { type ConnectorRow, findConnector, holdConnector, noteConnectorFault } from '../connector-store.ts';
import { isDatabaseTrouble } from '../inbox/inbox-store.ts';
import { openClient } from '../open-client.ts';
import type { ShopPorts } from '../ports.ts';
import { hookPathOf } from '../present-connector.ts';
import { claimJobs, endStandingJobs, type JobRow, moveJob } from './job-store.ts';
import { HEALTH_MS, pollMsOf } from './plan-jobs.ts';
import { compareDays, countPage, rangeOf, readReportPlace } from './reconcile.ts';

const AT_ONCE_MAX = 4;
const LEASE_MS = 5 * 60_000;
/** What changed in the last seconds before a poll may not be visible to it: it is asked for again. */
const OVERLAP_MS = 2 * 60_000;
const RETRY_MS = 15_000;
const RETRY_MS_MAX = 30 * 60_000;
const DAY_MS = 86_400_000;

export interface SyncDeps {
  readonly outbound: Outbound;
  readonly ports: ShopPorts;
  /** Where the world reaches this server. */
  readonly publicUrl: string;
  /** A uuid of this process: a job is its own while it works on it. */
  readonly owner: string;
}

/** A step of work: what it came to. */
interface Step {
  readonly state: 'waiting' | 'done';
  readonly place: JsonObject | null;
  readonly records: readonly Parameters<typeof applyRecords>[1][number][];
  readonly restMs: number;
  readonly result?: JsonObject;
  /** The shop has no such thing: it was not called. */
  readonly isUnasked?: true;
}

/**
 * A round: asks shops what is due, page by page. A page and how far it goes are one transaction: after a crash it goes on where it
 * was. Answers how many pages.
 */
export async function runConnectorPolls(services: Services, deps: SyncDeps): Promise<number> {
  const nowMs = services.clock.now();
  const claim = { owner: deps.owner, now: new Date(nowMs), until: new Date(nowMs + LEASE_MS), limit: AT_ONCE_MAX };
  const jobs = await claimJobs(services.postgres, claim);
  await Promise.all(jobs.map((job) => work(services, deps, job)));
  return jobs.length;
}

async function work(services: Services, deps: SyncDeps, job: JobRow): Promise<void> {
  const ctx = createContext(services, job.workspace_id, { kind: 'system', name: 'connectors' });
  const of = { workspaceId: job.workspace_id, connectorId: job.connector_id };
  const connector = await findConnector(ctx.sql, job.workspace_id, { id: job.connector_id });
  if (connector === undefined) return;
  const deal = { outbound: deps.outbound, now: () => ctx.clock.now() };
  const client = openClient(deal, connector, await ctx.keysOf(ctx.workspaceId));
  if (client === undefined) return endStandingJobs(ctx.sql, of, new Date(ctx.clock.now()));
  try {
    const step = await takeStep(deps, { job, connector, client });
    await settle(ctx, deps, { job, connector, step });
  } catch (error) {
    if (!(error instanceof ShopFault)) {
      if (isDatabaseTrouble(error)) throw error;
      ctx.logger.error({ error, job: job.id }, 'what a shop answered could not be taken; it is asked again later');
    }
    await postpone(ctx, deps, { job, error });
  }
}

async function takeStep(
  deps: SyncDeps,
  { job, connector, client }: { job: JobRow; connector: ConnectorRow; client: ShopClient },
): Promise<Step> {
  const resource = job.resource as ShopResource;
  switch (job.kind) {
    case 'health': {
      const mended = await client.mendWebhooks(`${deps.publicUrl}${hookPathOf(connector) ?? ''}`);
      return { state: 'done', place: null, records: [], restMs: 0, result: { mended: [...mended] } };
    }
    case 'reconcile': {
      const { from, to, counts, next } = readReportPlace(job.place);
      const placed = rangeOf({ from, to });
      const page = await client.page({ resource: 'orders', sinceMs: undefined, placed, place: next });
      const counted = countPage(counts, page.records, placed);
      const place = {
        from,
        to,
        counts: counted as unknown as JsonObject,
        ...(page.next !== undefined && { next: page.next }),
      };
      return { state: page.next === undefined ? 'done' : 'waiting', place, records: [], restMs: page.restMs };
    }
    case 'poll':
    case 'back_fill': {
      if (!client.resources.includes(resource))
        return { state: 'done', place: null, records: [], restMs: 0, isUnasked: true };
      return stepOf(job, await client.page(queryOf(job, resource)));
    }
  }
}

function queryOf(job: JobRow, resource: ShopResource) {
  const { placedOn, next } = (job.place ?? {}) as { placedOn?: string; next?: JsonObject };
  const placed = placedOn === undefined ? undefined : rangeOf({ from: placedOn, to: placedOn });
  return { resource, sinceMs: job.since?.getTime(), placed, place: next };
}

function stepOf(job: JobRow, { records, next, restMs }: ShopPage): Step {
  const { placedOn } = (job.place ?? {}) as { placedOn?: string };
  if (next === undefined) return { state: 'done', place: null, records, restMs };
  return { state: 'waiting', place: { next, ...(placedOn !== undefined && { placedOn }) }, records, restMs };
}

async function settle(
  ctx: Ctx,
  deps: SyncDeps,
  { job, connector, step }: { job: JobRow; connector: ConnectorRow; step: Step },
): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const held = await holdConnector(ctx.sql, ctx.workspaceId, connector.id);
    if (held === undefined) return;
    if (step.records.length > 0) await applyRecords(await beginApplying(ctx, held, deps.ports), step.records);
    const nowMs = ctx.clock.now();
    const isDone = step.state === 'done';
    const stands = isDone && (job.kind === 'poll' || job.kind === 'health');
    const result =
      isDone && job.kind === 'reconcile' ? await resultOf(ctx, { connector, place: step.place }) : step.result;
    const begunMs = job.begun_at?.getTime() ?? nowMs;
    const restMs = !stands ? step.restMs : job.kind === 'poll' ? pollMsOf(connector.kind) : HEALTH_MS;
    await moveJob(ctx.sql, job, {
      ...{ owner: deps.owner, state: stands ? 'waiting' : step.state, place: step.place, fault: null, attempts: 0 },
      // What changed from the moment this one began is the next one's.
      ...{ since: stands ? new Date(begunMs - OVERLAP_MS) : job.since, begunAt: stands ? null : job.begun_at },
      ...{ records: job.records + step.records.length, result: result ?? job.result },
      ...{ dueAt: new Date(nowMs + restMs), endedAt: isDone && !stands ? new Date(nowMs) : null },
    });
    if (step.isUnasked !== true) await noteConnectorFault(ctx.sql, ctx.workspaceId, { id: connector.id, fault: null });
  });
}

/** The day a shop cannot be compared by its own numbers is one nobody sold on. */
async function resultOf(
  ctx: Ctx,
  { connector, place }: { connector: ConnectorRow; place: JsonObject | null },
): Promise<JsonObject> {
  const { from, to, counts } = readReportPlace(place);
  const { fromMs, toMs } = rangeOf({ from, to });
  const rows = await countOrderDays(ctx.sql, ownerOf({ connector }), { from: new Date(fromMs), to: new Date(toMs) });
  const ours = Object.fromEntries(
    rows.map(({ day, orders, total_minor: totalMinor }) => [day, { orders, totalMinor: Number(totalMinor) }]),
  );
  return { days: compareDays({ from, to }, { theirs: counts, ours }) as unknown as JsonObject[] };
}

async function postpone(ctx: Ctx, deps: SyncDeps, { job, error }: { job: JobRow; error: unknown }): Promise<void> {
  const fault = (error instanceof Error ? error.message : String(error)).slice(0, 500);
  const nowMs = ctx.clock.now();
  const grown = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(10, job.attempts - 1));
  const restMs = error instanceof ShopFault ? (error.retryAfterMs ?? grown) : grown;
  // A poll is never given up; work somebody asked for is, when asking again does not help for a day.
  const isStanding = job.kind === 'poll' || job.kind === 'health';
  const isOver = !isStanding && nowMs - job.created_at.getTime() > DAY_MS;
  const isFinal = error instanceof ShopFault && error.isFinal && !isStanding;
  const hasFailed = isOver || isFinal;
  await moveJob(ctx.sql, job, {
    ...{ owner: deps.owner, state: hasFailed ? 'failed' : 'waiting', place: job.place, since: job.since },
    ...{ begunAt: job.begun_at, records: job.records, result: job.result, fault, attempts: job.attempts },
    ...{ dueAt: new Date(nowMs + restMs), endedAt: hasFailed ? new Date(nowMs) : null },
  });
  await noteConnectorFault(ctx.sql, job.workspace_id, { id: job.connector_id, fault });
}
