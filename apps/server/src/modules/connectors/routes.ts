import { randomBytes } from 'node:crypto';
import { api } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { beginApplying, type OfConnector, ownerOf } from './apply/applying.ts';
import { applyBaskets } from './apply/apply-baskets.ts';
import { countWaiting } from './apply/waiting-store.ts';
import { ShopFault } from './connector.ts';
import { type ConnectorRow, deleteConnectorRow, findConnector, pageConnectors } from './connector-store.ts';
import { createConnector, updateConnector } from './create-connector.ts';
import { DroppedFile, takeDrop } from './drop/take-drop.ts';
import { findDelivery, pageDeliveries, readInboxHealth, reviveDeliveries } from './inbox/inbox-store.ts';
import { openClient } from './open-client.ts';
import { deleteDevice, listDevices, putDevice } from './pos/device-store.ts';
import type { ShopPorts } from './ports.ts';
import { presentConnector, presentDelivery, presentDevice, presentJob } from './present-connector.ts';
import { countPushes } from './push/push-store.ts';
import { sha256 } from './signature.ts';
import { findJob, listJobs, nextPollAt } from './sync/job-store.ts';
import { presentReport } from './sync/reconcile.ts';
import { startBackFill, startReport } from './sync/plan-jobs.ts';

const JOBS_SHOWN = 20;
const REPORT_DAYS_MAX = 366;
const DAY_MS = 86_400_000;

export interface ConnectorRouteDeps {
  readonly outbound: Outbound;
  readonly ports: ShopPorts;
}

/** Connected shops, tills and feeds: what they are, what they sent, what is done again. */
export function createConnectorRoutes(deps: ConnectorRouteDeps): Routes {
  return (serve, app) => {
    serveConnectors(deps, serve);
    serveWork(deps, serve);
    serveDeliveries(serve);
    serveDevices(serve);
    serveFeeds(deps, serve, app);
  };
}

type Serve = Parameters<Routes>[0];
type App = Parameters<Routes>[1];

function serveConnectors({ outbound }: ConnectorRouteDeps, serve: Serve): void {
  serve(api.listConnectors, async ({ ctx, query: { limit, cursor } }) => {
    const before = decodeCursor(cursor, ['uuid'])?.[0];
    const page = { limit: limit + 1, beforeId: before === undefined ? undefined : String(before) };
    const rows = await pageConnectors(ctx.sql, ctx.workspaceId, page);
    const keys = await ctx.keysOf(ctx.workspaceId);
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: (row) => presentConnector(row, keys) });
  });

  serve(api.createConnector, async ({ ctx, body }) => {
    const row = await createConnector(ctx, outbound, body);
    return presentConnector(row, await ctx.keysOf(ctx.workspaceId));
  });

  serve(api.getConnector, async ({ ctx, params }) =>
    presentConnector(await requireConnector(ctx, params.id), await ctx.keysOf(ctx.workspaceId)),
  );

  serve(api.updateConnector, async ({ ctx, params, body }) => {
    const row = await updateConnector(ctx, outbound, { id: requirePublicId('cnc', params.id), body });
    return presentConnector(row, await ctx.keysOf(ctx.workspaceId));
  });

  serve(api.deleteConnector, async ({ ctx, params }) => {
    const id = requirePublicId('cnc', params.id);
    if (!(await deleteConnectorRow(ctx.sql, ctx.workspaceId, id)))
      throw new AppError('not_found', 'There is no such connector');
    await recordAudit(ctx, { action: 'connector.deleted', subject: params.id });
  });

  serve(api.checkConnector, async ({ ctx, params }) => {
    const row = await requireConnector(ctx, params.id);
    const now = (): number => ctx.clock.now();
    const client = openClient({ outbound, now }, row, await ctx.keysOf(ctx.workspaceId));
    if (client === undefined) {
      return { isReachable: false, message: 'there is no key to call it with; give one, or wait for what it sends' };
    }
    try {
      return { isReachable: true, message: await client.check() };
    } catch (error) {
      if (error instanceof ShopFault) return { isReachable: false, message: error.message };
      throw error;
    }
  });
}

function serveWork({ outbound }: ConnectorRouteDeps, serve: Serve): void {
  serve(api.getConnectorStatus, async ({ ctx, params }) => {
    const row = await requireConnector(ctx, params.id);
    const of = ownerOf({ connector: row });
    const health = await readInboxHealth(ctx.sql, of);
    const oldest = health.oldest_at?.getTime();
    return {
      lagMs: oldest === undefined ? 0 : Math.max(0, ctx.clock.now() - oldest),
      ...{ pending: health.pending, faulted: health.faulted },
      lastDeliveryAt: health.last_at?.toISOString() ?? null,
      nextPollAt: (await nextPollAt(ctx.sql, of))?.toISOString() ?? null,
      waitingRecords: await countWaiting(ctx.sql, of),
      stockToPush: await countPushes(ctx.sql, of),
      fault: row.fault,
      jobs: (await listJobs(ctx.sql, of, JOBS_SHOWN)).map(presentJob),
    };
  });

  serve(api.startConnectorBackFill, async ({ ctx, params, body }) => {
    const row = await requireAskable(ctx, { outbound, id: params.id });
    const since = body.since === undefined ? undefined : new Date(body.since);
    const { placedOn, resources } = body;
    if (placedOn !== undefined && (since !== undefined || resources !== undefined))
      throw unfit('placedOn', 'stands alone: leave out "since" and "resources"');
    const jobs = await startBackFill(ctx, row, { since, placedOn, resources });
    await recordAudit(ctx, { action: 'connector.back_filled', subject: params.id, detail: { jobs: jobs.length } });
    return { jobs: jobs.map(presentJob) };
  });

  serve(api.startConnectorReport, async ({ ctx, params, body }) => {
    const row = await requireAskable(ctx, { outbound, id: params.id });
    const days = (Date.parse(body.to) - Date.parse(body.from)) / DAY_MS + 1;
    if (days < 1) throw unfit('to', 'lies before "from"');
    if (days > REPORT_DAYS_MAX) throw unfit('to', `compare at most ${REPORT_DAYS_MAX} days at a time`);
    const job = await startReport(ctx, row, body);
    await recordAudit(ctx, { action: 'connector.compared', subject: params.id, detail: body });
    return presentJob(job);
  });

  serve(api.getConnectorReport, async ({ ctx, params }) => {
    const row = await requireConnector(ctx, params.id);
    const job = await findJob(ctx.sql, ownerOf({ connector: row }), requirePublicId('cnc', params.job));
    if (job?.kind !== 'reconcile') throw new AppError('not_found', 'There is no such report');
    return { job: presentJob(job), days: presentReport(job) };
  });
}

function serveDeliveries(serve: Serve): void {
  serve(api.listConnectorDeliveries, async ({ ctx, params, query: { limit, cursor, state } }) => {
    const row = await requireConnector(ctx, params.id);
    const before = decodeCursor(cursor, ['uuid'])?.[0];
    const page = { limit: limit + 1, beforeId: before === undefined ? undefined : String(before), state };
    const rows = await pageDeliveries(ctx.sql, ownerOf({ connector: row }), page);
    return toPage(rows, { limit, keyOf: ({ id }) => [id], present: presentDelivery });
  });

  serve(api.replayConnectorDelivery, async ({ ctx, params }) => {
    const of = ownerOf({ connector: await requireConnector(ctx, params.id) });
    const id = requirePublicId('dlr', params.delivery);
    const revived = await reviveDeliveries(ctx.sql, of, id);
    const delivery = await findDelivery(ctx.sql, of, id);
    if (delivery === undefined) throw new AppError('not_found', 'There is no such delivery');
    if (revived === 0)
      throw new AppError('conflict', `The delivery is ${delivery.state}; only one set aside is done again`);
    await recordAudit(ctx, { action: 'connector.replayed', subject: params.id, detail: { delivery: params.delivery } });
    return presentDelivery(delivery);
  });

  serve(api.replayConnectorDeliveries, async ({ ctx, params }) => {
    const of = ownerOf({ connector: await requireConnector(ctx, params.id) });
    const deliveries = await reviveDeliveries(ctx.sql, of, undefined);
    await recordAudit(ctx, { action: 'connector.replayed', subject: params.id, detail: { deliveries } });
    return { deliveries };
  });
}

function serveDevices(serve: Serve): void {
  serve(api.listConnectorDevices, async ({ ctx, params }) => {
    const of = await requireTill(ctx, params.id);
    return { items: (await listDevices(ctx.sql, of)).map(presentDevice) };
  });

  serve(api.createConnectorDevice, async ({ ctx, params, body: { device, location = '' } }) => {
    const of = await requireTill(ctx, params.id);
    const key = `segue_pos_${randomBytes(24).toString('base64url')}`;
    const at = new Date(ctx.clock.now());
    await putDevice(ctx.sql, of, { device, keySha256: sha256(key), location, at });
    await recordAudit(ctx, { action: 'connector.device_let_in', subject: params.id, detail: { device } });
    return { device, key };
  });

  serve(api.deleteConnectorDevice, async ({ ctx, params }) => {
    const of = await requireTill(ctx, params.id);
    if (!(await deleteDevice(ctx.sql, of, params.device))) throw new AppError('not_found', 'There is no such device');
    await recordAudit(ctx, {
      action: 'connector.device_shut_out',
      subject: params.id,
      detail: { device: params.device },
    });
  });
}

function serveFeeds({ ports }: ConnectorRouteDeps, serve: Serve, app: App): void {
  app.addContentTypeParser(['text/plain', '*'], (request, payload, done) =>
    done(null, new DroppedFile(payload, request.headers['content-length'])),
  );

  serve(api.joinConnectorCart, async ({ ctx, params, body: { token, anonymousId } }) => {
    const row = await requireConnector(ctx, params.id);
    const who = { customerId: undefined, email: undefined, phone: undefined, anonymousId };
    const owners = [{ kind: 'cart' as const, token, who }];
    await applyBaskets(await beginApplying(ctx, row, ports), { carts: [], checkouts: [], owners });
    await recordAudit(ctx, { action: 'connector.cart_joined', subject: params.id });
  });

  serve(api.dropConnectorFile, async ({ ctx, params, query, request }) => {
    const row = await requireConnector(ctx, params.id);
    if (row.kind !== 'drop')
      throw new AppError('conflict', 'Only a feed of files takes files; connect one of kind "drop"');
    const answer = await takeDrop(ctx, ports, { connector: row, wish: query, file: request.body });
    const { rows, accepted, rejected, removed } = answer;
    const detail = { of: query.of, mode: query.mode, rows, accepted, rejected, removed };
    await recordAudit(ctx, { action: 'connector.file_dropped', subject: params.id, detail });
    return answer;
  });
}

async function requireConnector(ctx: Ctx, text: string): Promise<ConnectorRow> {
  const row = await findConnector(ctx.sql, ctx.workspaceId, { id: requirePublicId('cnc', text) });
  if (row === undefined) throw new AppError('not_found', 'There is no such connector');
  return row;
}

async function requireTill(ctx: Ctx, text: string): Promise<OfConnector> {
  const row = await requireConnector(ctx, text);
  if (row.kind !== 'pos') throw new AppError('conflict', 'Only a till system has devices; connect one of kind "pos"');
  return ownerOf({ connector: row });
}

async function requireAskable(ctx: Ctx, { outbound, id }: { outbound: Outbound; id: string }): Promise<ConnectorRow> {
  const row = await requireConnector(ctx, id);
  const client = openClient({ outbound, now: () => ctx.clock.now() }, row, await ctx.keysOf(ctx.workspaceId));
  if (client === undefined || row.state !== 'active') {
    throw new AppError(
      'conflict',
      'This connector cannot be asked: give it the keys of its shop, and let it be active',
    );
  }
  return row;
}

function unfit(field: string, message: string): AppError {
  return new AppError('invalid', 'The request does not fit', { details: [{ field, message }] });
}
