import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import {
  endTold,
  lastStockSeq,
  listBundlesOf,
  listStockNews,
  noteTold,
  observeLevels,
  readAvailability,
} from '../../inventory/index.ts';
import { type OfConnector, ownerOf } from '../apply/applying.ts';
import { listLevels, noteQuantities, noteTellings } from '../apply/level-store.ts';
import { listPieces } from '../apply/piece-store.ts';
import { type PushOutcome, ShopFault } from '../connector.ts';
import { type ConnectorRow, holdConnector, listPushing, noteConnectorFault } from '../connector-store.ts';
import { openClient } from '../open-client.ts';
import { believes } from '../settings.ts';
import type { SyncDeps } from '../sync/run-jobs.ts';
import { type PlannedPush, planPushes } from './plan-push.ts';
import {
  claimPushes,
  endPushes,
  holdPushPlace,
  movePushPlace,
  postponePushes,
  type PushRow,
  putPushes,
} from './push-store.ts';

const NEWS_AT_ONCE = 1_000;
const PUSHES_AT_ONCE = 50;
const LEASE_MS = 2 * 60_000;
const RETRY_MS = 5_000;
const RETRY_MS_MAX = 15 * 60_000;

type PushDeps = Pick<SyncDeps, 'outbound'>;

/** A round: tells shops what their channel may sell now, by compare-and-swap. Answers how much was told or taken up. */
export async function runStockPush(services: Services, deps: PushDeps): Promise<number> {
  let done = 0;
  for (const connector of await listPushing(services.postgres)) {
    const ctx = createContext(services, connector.workspace_id, { kind: 'system', name: 'connectors' });
    done += await takeUpNews(ctx, connector);
    done += await tellShop(ctx, deps, connector);
  }
  return done;
}

/** Notes what has changed since, each thing once; what the shop does not count is no business of its. */
async function takeUpNews(ctx: Ctx, connector: ConnectorRow): Promise<number> {
  return inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    const of = ownerOf({ connector });
    const afterSeq = await holdPushPlace(sql, of, await lastStockSeq(sql, workspaceId));
    if (afterSeq === undefined) return 0;
    const news = await listStockNews(sql, workspaceId, { afterSeq, limit: NEWS_AT_ONCE });
    const last = news.at(-1);
    if (last === undefined) return 0;
    const itemIds = [...new Set(news.filter(({ kind }) => kind === 'level').map(({ itemId }) => itemId))];
    const bundles = await listBundlesOf(sql, workspaceId, itemIds);
    const variantIds = [...new Set([...itemIds, ...[...bundles.values()].flat()])];
    const counted = await listLevels(sql, of, variantIds);
    const at = new Date(ctx.clock.now());
    await putPushes(sql, of, { variantIds: [...new Set(counted.map((row) => row.variant_id))], at });
    await movePushPlace(sql, of, last.seq);
    return news.length;
  });
}

/** What is claimed together, and what it comes to. */
interface Telling {
  readonly of: OfConnector;
  readonly connector: ConnectorRow;
  readonly rows: readonly PushRow[];
  readonly planned: readonly PlannedPush[];
}

async function tellShop(ctx: Ctx, deps: PushDeps, connector: ConnectorRow): Promise<number> {
  const client = openClient(
    { outbound: deps.outbound, now: () => ctx.clock.now() },
    connector,
    await ctx.keysOf(ctx.workspaceId),
  );
  if (client === undefined) return 0;
  const telling = await begin(ctx, connector);
  if (telling.rows.length === 0) return 0;
  let outcomes: readonly PushOutcome[];
  try {
    const pushes = telling.planned.map(({ push }) => push);
    outcomes = pushes.length === 0 ? [] : await client.pushStock(pushes);
  } catch (error) {
    if (!(error instanceof ShopFault)) throw error;
    await postpone(ctx, telling, error);
    return telling.rows.length;
  }
  await settle(ctx, telling, outcomes);
  return telling.rows.length;
}

/** Written down before it is told: the shop may take it though its answer is lost. */
async function begin(ctx: Ctx, connector: ConnectorRow): Promise<Telling> {
  const of = ownerOf({ connector });
  const nowMs = ctx.clock.now();
  return inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    await holdConnector(sql, workspaceId, connector.id);
    const claim = { now: new Date(nowMs), until: new Date(nowMs + LEASE_MS), limit: PUSHES_AT_ONCE };
    const rows = await claimPushes(sql, of, claim);
    if (rows.length === 0) return { of, connector, rows, planned: [] };
    const variantIds = rows.map((row) => row.variant_id);
    const levels = await listLevels(sql, of, variantIds);
    const { channel } = connector.settings;
    const available = await readAvailability(sql, workspaceId, { variantIds, channel });
    const products = await productsOf(
      ctx,
      of,
      levels.map((level) => level.item_ref),
    );
    const planned = variantIds.flatMap((id) => {
      const own = levels.filter((level) => level.variant_id === id);
      const productRef = products.get(own[0]?.item_ref ?? '');
      return planPushes(own, { availability: available.get(id), source: connector.source, productRef });
    });
    await noteTold(ctx, { source: connector.source, levels: planned.map(toldOf) });
    await noteTellings(
      sql,
      of,
      planned.map(({ level, push }) => ({ ...placeOf(level), told: push.quantity })),
    );
    return { of, connector, rows, planned };
  });
}

/** Of a shop that tells them apart: the product of a variant. */
async function productsOf(ctx: Ctx, of: OfConnector, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await listPieces(ctx.sql, of, { kind: 'variant', ids });
  return new Map(rows.flatMap((row) => (row.parent_id === null ? [] : [[row.external_id, row.parent_id] as const])));
}

const placeOf = ({ item_ref: itemRef, location_ref: locationRef }: PlannedPush['level']) => ({ itemRef, locationRef });

function toldOf({ level, push }: PlannedPush) {
  const { variant_id: itemId, location_id: locationId, quantity: expected } = level;
  return { itemId, locationId, told: push.quantity, expected };
}

async function settle(ctx: Ctx, telling: Telling, outcomes: readonly PushOutcome[]): Promise<void> {
  const { of, connector, rows, planned } = telling;
  const nowMs = ctx.clock.now();
  await inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    await holdConnector(sql, workspaceId, connector.id);
    const ends = planned.map(({ level, push }, at) => {
      const outcome = outcomes[at]!;
      // It has what we told it: it took it the first time, and the answer was lost.
      const isTaken = outcome.kind === 'set' || (outcome.kind === 'stale' && outcome.quantity === push.quantity);
      return { level, push, outcome, isTaken };
    });
    const { source } = connector;
    await endTold(ctx, {
      source,
      levels: ends.map(({ level, isTaken }) => ({ itemId: level.variant_id, locationId: level.location_id, isTaken })),
    });
    await noteTellings(
      sql,
      of,
      ends.map(({ level }) => ({ ...placeOf(level), told: null })),
    );
    const known = ends.flatMap(({ level, push, outcome, isTaken }) => {
      const quantity = isTaken ? push.quantity : outcome.kind === 'stale' ? outcome.quantity : undefined;
      const atMs = outcome.kind === 'stale' ? outcome.atMs : undefined;
      return quantity === undefined ? [] : [{ level, quantity, isTaken, atMs }];
    });
    await noteQuantities(
      sql,
      of,
      known.map(({ level, quantity }) => ({ ...placeOf(level), quantity })),
    );
    const said = known.filter(({ isTaken }) => !isTaken);
    if (said.length > 0 && believes({ truth: connector.settings.truth }, 'stock')) {
      await observeLevels(ctx, {
        source,
        // Never by our clock: what the shop says next must not seem older.
        levels: said.map(({ level, quantity, atMs = 0 }) => ({
          ...{ variantId: level.variant_id, locationId: level.location_id, quantity },
          observedAtMs: Math.max(level.observed_at.getTime() + 1, atMs),
        })),
      });
    }
    await endRows(ctx, { of, rows, ends, nowMs });
  });
}

/** What was refused is told again later; what somebody else changed, or was only told again, at once. */
async function endRows(
  ctx: Ctx,
  {
    of,
    rows,
    ends,
    nowMs,
  }: {
    of: OfConnector;
    rows: readonly PushRow[];
    ends: readonly { level: PlannedPush['level']; outcome: PushOutcome; isTaken: boolean }[];
    nowMs: number;
  },
): Promise<void> {
  const endsOf = ({ variant_id: id }: PushRow) => ends.filter(({ level }) => level.variant_id === id);
  const refused = rows.filter((row) => endsOf(row).some(({ outcome }) => reasonOf(outcome) !== undefined));
  const again = rows.filter(
    (row) => !refused.includes(row) && endsOf(row).some(({ level, isTaken }) => !isTaken || level.told !== null),
  );
  const told = rows.filter((row) => !refused.includes(row) && !again.includes(row));
  await endPushes(ctx.sql, of, { told, at: new Date(nowMs) });
  await postponePushes(ctx.sql, of, { rows: again, until: new Date(nowMs), fault: 'the shop changed it meanwhile' });
  for (const row of refused) {
    const fault = endsOf(row)
      .flatMap(({ outcome }) => reasonOf(outcome) ?? [])[0]!
      .slice(0, 300);
    await postponePushes(ctx.sql, of, { rows: [row], until: new Date(nowMs + restOf(row)), fault });
  }
}

/** Why it is no use to tell it again at once. */
function reasonOf(outcome: PushOutcome): string | undefined {
  if (outcome.kind === 'refused') return outcome.reason;
  return outcome.kind === 'stale' && outcome.quantity === undefined ? 'the shop has another quantity' : undefined;
}

async function postpone(ctx: Ctx, { of, connector, rows }: Telling, error: ShopFault): Promise<void> {
  const nowMs = ctx.clock.now();
  const [first] = rows;
  const restMs = error.retryAfterMs ?? restOf(first!);
  await postponePushes(ctx.sql, of, { rows, until: new Date(nowMs + restMs), fault: error.message.slice(0, 300) });
  await noteConnectorFault(ctx.sql, connector.workspace_id, { id: connector.id, fault: error.message.slice(0, 500) });
}

function restOf({ attempts }: PushRow): number {
  return Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(10, attempts - 1));
}
