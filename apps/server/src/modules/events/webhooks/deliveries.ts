import { allows, WEBHOOK_REPLAY_MAX, type WebhookDelivery } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { recordAudit } from '../../accounts/index.ts';
import { openNodeKeys } from '../../profiles/index.ts';
import { openBody } from './delivery-body.ts';
import {
  type DeliveryRow,
  type DeliveryRowWithBody,
  findDelivery,
  replayDeliveries,
  replayDelivery,
} from './delivery-list-store.ts';
import { liftHold } from './endpoint-store.ts';
import { requireEndpoint } from './endpoints.ts';
import { presentDelivery } from './present-webhook.ts';

/** Deliveries as the caller may see them: what is personal only with `profiles:read`. One query for all keys. */
export async function presentDeliveries(ctx: Ctx, rows: readonly DeliveryRow[]): Promise<WebhookDelivery[]> {
  const keys = await personalKeys(ctx, rows);
  return rows.map((row) => presentDelivery(row, keys.get(row.node_id ?? -1)));
}

async function personalKeys(ctx: Ctx, rows: readonly DeliveryRow[]): Promise<ReadonlyMap<number, Buffer>> {
  if (ctx.actor.kind !== 'system' && !allows(ctx.actor.scopes, 'profiles:read')) return new Map();
  const nodes = rows.flatMap((row) => (row.node_id === null ? [] : [row.node_id]));
  const { sql, workspaceId } = ctx;
  return openNodeKeys({ sql, workspaceId, keys: await ctx.keysOf(workspaceId) }, nodes);
}

interface DeliveryPlace {
  /** Public ids. */
  readonly id: string;
  readonly delivery: string;
}

/** A delivery with what is sent. */
export async function readDelivery(ctx: Ctx, place: DeliveryPlace): Promise<WebhookDelivery & { payload: JsonObject }> {
  const row = await requireDelivery(ctx, place);
  const key = (await personalKeys(ctx, [row])).get(row.node_id ?? -1);
  return { ...presentDelivery(row, key), payload: JSON.parse(openBody(row.body, row.sealed, key)) as JsonObject };
}

async function requireDelivery(ctx: Ctx, place: DeliveryPlace): Promise<DeliveryRowWithBody> {
  const endpointId = requirePublicId('whk', place.id);
  const row = await findDelivery(ctx.sql, ctx.workspaceId, { endpointId, id: requirePublicId('dlv', place.delivery) });
  if (row === undefined) throw new AppError('not_found', 'There is no such delivery');
  return row;
}

/** Makes one delivery due again, whatever became of it. */
export async function replayOne(ctx: TxCtx, place: DeliveryPlace): Promise<WebhookDelivery> {
  const endpointId = await requireEnabled(ctx, place.id);
  const { id } = await requireDelivery(ctx, place);
  const now = ctx.clock.now();
  if (!(await replayDelivery(ctx.sql, ctx.workspaceId, { endpointId, id, now }))) {
    throw new AppError('conflict', 'It is being delivered just now: wait for the result, then replay it');
  }
  await liftHold(ctx.sql, ctx.workspaceId, endpointId);
  const subject = publicId('whk', endpointId);
  await recordAudit(ctx, { action: 'webhook.replayed', subject, detail: { delivery: publicId('dlv', id) } });
  return (await presentDeliveries(ctx, [await requireDelivery(ctx, place)]))[0]!;
}

/** Makes what failed, or everything that ended, due again; a bounded part of it at a time, oldest first. */
export async function replaySince(
  ctx: TxCtx,
  asked: { id: string; since: string; status: 'failed' | 'all'; after: string | undefined },
): Promise<{ replayed: number; next: string | null }> {
  const endpointId = await requireEnabled(ctx, asked.id);
  const ids = await replayDeliveries(ctx.sql, ctx.workspaceId, {
    endpointId,
    since: new Date(asked.since),
    statuses: asked.status === 'failed' ? ['failed'] : ['failed', 'delivered'],
    afterId: asked.after === undefined ? undefined : requirePublicId('dlv', asked.after),
    limit: WEBHOOK_REPLAY_MAX,
    now: ctx.clock.now(),
  });
  await liftHold(ctx.sql, ctx.workspaceId, endpointId);
  const subject = publicId('whk', endpointId);
  const detail = { since: asked.since, status: asked.status, replayed: ids.length };
  await recordAudit(ctx, { action: 'webhook.replayed', subject, detail });
  const last = ids.at(-1);
  return {
    replayed: ids.length,
    next: ids.length < WEBHOOK_REPLAY_MAX || last === undefined ? null : publicId('dlv', last),
  };
}

/** Locks the endpoint before its deliveries, as the sender does. */
async function requireEnabled(ctx: TxCtx, text: string): Promise<string> {
  const endpoint = await requireEndpoint(ctx, text, { lock: true });
  if (endpoint.enabled) return endpoint.id;
  throw new AppError('conflict', 'The webhook endpoint is disabled: enable it, then replay');
}
