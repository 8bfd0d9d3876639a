import { api, type Webhook } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import { presentDeliveries, readDelivery, replayOne, replaySince } from './deliveries.ts';
import { pageDeliveries } from './delivery-list-store.ts';
import { type EndpointRow, pageEndpoints } from './endpoint-store.ts';
import {
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  requireEndpoint,
  rotateWebhookSecret,
  updateWebhook,
} from './endpoints.ts';
import { readHealth } from './health-store.ts';
import { presentWebhook } from './present-webhook.ts';
import { testWebhook } from './test-webhook.ts';

/** Webhook endpoints, their health and what was delivered to them. */
export function createWebhookRoutes(outbound: Outbound): Routes {
  return (serve) => {
    serve(api.listWebhooks, async ({ ctx, query }) => {
      const beforeId = decodeCursor(query.cursor, ['uuid'])?.[0];
      const rows = await pageEndpoints(ctx.sql, ctx.workspaceId, {
        limit: query.limit + 1,
        beforeId: beforeId === undefined ? undefined : String(beforeId),
      });
      const page = toPage(rows, { limit: query.limit, keyOf: (row) => [row.id], present: (row) => row });
      return { items: await present(ctx, page.items), nextCursor: page.nextCursor };
    });
    serve(api.createWebhook, async ({ ctx, body }) => {
      const { id, secret } = await createWebhook(ctx, outbound, body);
      return { ...(await presentOne(ctx, publicId('whk', id))), secret };
    });
    serve(api.getWebhook, async ({ ctx, params }) => presentOne(ctx, params.id));
    serve(api.updateWebhook, async ({ ctx, params, body }) => {
      await updateWebhook(ctx, outbound, { id: params.id, body });
      return presentOne(ctx, params.id);
    });
    serve(api.deleteWebhook, async ({ ctx, params }) => deleteWebhook(ctx, params.id));
    serve(api.disableWebhook, async ({ ctx, params, body }) => {
      await disableWebhook(ctx, { id: params.id, reason: body.reason });
      return presentOne(ctx, params.id);
    });
    serve(api.enableWebhook, async ({ ctx, params }) => {
      await enableWebhook(ctx, params.id);
      return presentOne(ctx, params.id);
    });
    serve(api.rotateWebhookSecret, async ({ ctx, params }) => rotateWebhookSecret(ctx, params.id));
    serve(api.testWebhook, async ({ ctx, params }) => testWebhook(ctx, outbound, params.id));
    serveDeliveries(serve);
  };
}

function serveDeliveries(serve: Parameters<Routes>[0]): void {
  serve(api.listWebhookDeliveries, async ({ ctx, params, query }) => {
    const { limit, cursor, status, event, since } = query;
    const { id: endpointId } = await requireEndpoint(ctx, params.id);
    const beforeId = decodeCursor(cursor, ['uuid'])?.[0];
    const rows = await pageDeliveries(ctx.sql, ctx.workspaceId, {
      endpointId,
      filter: { status, eventName: event, since: since === undefined ? undefined : new Date(since) },
      limit: limit + 1,
      beforeId: beforeId === undefined ? undefined : String(beforeId),
    });
    const page = toPage(rows, { limit, keyOf: (row) => [row.id], present: (row) => row });
    return { items: await presentDeliveries(ctx, page.items), nextCursor: page.nextCursor };
  });
  serve(api.getWebhookDelivery, async ({ ctx, params }) => readDelivery(ctx, params));
  serve(api.replayWebhookDelivery, async ({ ctx, params }) => replayOne(ctx, params));
  serve(api.replayWebhookDeliveries, async ({ ctx, params, body }) =>
    replaySince(ctx, { id: params.id, since: body.since, status: body.status, after: body.after }),
  );
}

async function presentOne(ctx: Ctx, id: string): Promise<Webhook> {
  return (await present(ctx, [await requireEndpoint(ctx, id)]))[0]!;
}

async function present(ctx: Ctx, rows: readonly EndpointRow[]): Promise<Webhook[]> {
  const now = ctx.clock.now();
  const health = await readHealth(ctx.sql, ctx.workspaceId, { endpointIds: rows.map((row) => row.id), now });
  return rows.map((row) => presentWebhook(row, health.get(row.id), now));
}
