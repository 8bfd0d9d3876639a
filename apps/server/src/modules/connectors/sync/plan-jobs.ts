import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { ownerOf } from '../apply/applying.ts';
import type { ConnectorRow } from '../connector-store.ts';
import { type ConnectorKind, type ConnectorSecrets, SHOP_RESOURCES, type ShopResource } from '../connector.ts';
import { insertJobs, type JobKind, type JobRow, type NewJob } from './job-store.ts';

/** How often a shop is asked what changed: WooCommerce’s webhooks are lossy, Shopify’s are repeated for hours. */
const POLL_MS: Readonly<Record<ConnectorKind, number>> = {
  woocommerce: 3 * 60_000,
  shopify: 30 * 60_000,
  pos: 0,
  drop: 0,
};
export const HEALTH_MS = 60 * 60_000;

export function pollMsOf(kind: ConnectorKind): number {
  return POLL_MS[kind];
}

/** Whether it holds what it takes to call the shop. Pure. */
export function canAsk(kind: ConnectorKind, secrets: ConnectorSecrets): boolean {
  if (kind === 'shopify') return secrets.accessToken !== undefined;
  return kind === 'woocommerce' && secrets.consumerKey !== undefined && secrets.consumerSecret !== undefined;
}

/** What stands for a shop that can be asked: a poll of each thing, and a look at its webhooks. */
export async function startStanding(ctx: TxCtx, connector: ConnectorRow): Promise<void> {
  const nowMs = ctx.clock.now();
  const polls = SHOP_RESOURCES.map((resource) =>
    newJob(nowMs, { kind: 'poll', resource, since: new Date(nowMs), dueAtMs: nowMs + pollMsOf(connector.kind) }),
  );
  const health = newJob(nowMs, { kind: 'health', resource: 'webhooks', dueAtMs: nowMs });
  await insertJobs(ctx.sql, ownerOf({ connector }), [...polls, health]);
}

/** Reads again everything, or what changed since, in the order in which one thing names another. */
export async function startBackFill(
  ctx: TxCtx,
  connector: ConnectorRow,
  wish: { since?: Date | undefined; resources?: readonly ShopResource[] | undefined; placedOn?: string | undefined },
): Promise<JobRow[]> {
  const nowMs = ctx.clock.now();
  const place = wish.placedOn === undefined ? undefined : { placedOn: wish.placedOn };
  const wanted = place === undefined ? (wish.resources ?? SHOP_RESOURCES) : (['orders'] as const);
  const jobs = SHOP_RESOURCES.filter((resource) => wanted.includes(resource)).map((resource) =>
    newJob(nowMs, { kind: 'back_fill', resource, since: wish.since, place, dueAtMs: nowMs }),
  );
  return insertJobs(ctx.sql, ownerOf({ connector }), jobs);
}

export async function startReport(
  ctx: TxCtx,
  connector: ConnectorRow,
  days: { from: string; to: string },
): Promise<JobRow> {
  const nowMs = ctx.clock.now();
  const job = newJob(nowMs, { kind: 'reconcile', resource: 'orders', place: days, dueAtMs: nowMs });
  const [row] = await insertJobs(ctx.sql, ownerOf({ connector }), [job]);
  return row!;
}

function newJob(
  nowMs: number,
  job: { kind: JobKind; resource: string; since?: Date | undefined; place?: JsonObject | undefined; dueAtMs: number },
): NewJob {
  const { kind, resource, since = null, place = null } = job;
  return { id: newUuid(nowMs), kind, resource, since, place, dueAt: new Date(job.dueAtMs), at: new Date(nowMs) };
}
