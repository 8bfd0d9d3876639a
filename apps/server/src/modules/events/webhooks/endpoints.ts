import { allows, type CreateWebhookBody, type UpdateWebhookBody } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { cutLanes, type TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId, requirePublicId } from '../../../platform/ids/index.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import { listNumberedSources, recordAudit } from '../../accounts/index.ts';
import {
  countEndpoints,
  deleteEndpoint,
  disableEndpoint,
  enableEndpoint,
  type EndpointChange,
  type EndpointRow,
  findEndpoint,
  insertEndpoint,
  liftHold,
  rotateSecret,
  updateEndpoint,
} from './endpoint-store.ts';
import { newSecret, sealForWebhooks, sealHeaders, SECRET_OVERLAP_MS } from './sign-webhook.ts';

const ENDPOINTS_MAX = 50;

/** Answers the endpoint and its secret, which nobody can read again. */
export async function createWebhook(
  ctx: TxCtx,
  outbound: Outbound,
  body: CreateWebhookBody,
): Promise<{ id: string; secret: string }> {
  checkUrl(outbound, body.url);
  if (body.includePersonal) requirePersonal(ctx);
  if ((await countEndpoints(ctx.sql, ctx.workspaceId)) >= ENDPOINTS_MAX) {
    throw new AppError('conflict', `There are ${ENDPOINTS_MAX} webhook endpoints already: delete one first`);
  }
  const now = ctx.clock.now();
  const keys = await ctx.keysOf(ctx.workspaceId);
  const id = newUuid(now);
  const secret = newSecret();
  const source = await toSource(ctx, body.source);
  await insertEndpoint(ctx.sql, ctx.workspaceId, {
    id,
    url: body.url,
    description: body.description,
    events: body.events,
    source_id: source.id,
    source_number: source.number,
    headers: sealHeaders(keys, body.headers),
    header_names: Object.keys(body.headers),
    rate_per_second: body.ratePerSecond,
    include_personal: body.includePersonal,
    consent_categories: body.consentCategories,
    is_advertising: body.isAdvertising,
    secret: sealForWebhooks(keys, secret),
    created_at: new Date(now),
  });
  const detail = { host: new URL(body.url).host, includePersonal: body.includePersonal };
  await recordAudit(ctx, { action: 'webhook.created', subject: publicId('whk', id), detail });
  await cutLanes(ctx.sql, 'webhooks');
  return { id, secret };
}

/** Changes what is given. */
export async function updateWebhook(
  ctx: TxCtx,
  outbound: Outbound,
  asked: { id: string; body: UpdateWebhookBody },
): Promise<void> {
  const { body } = asked;
  const endpoint = await requireEndpoint(ctx, asked.id, { lock: true });
  if (body.url !== undefined) checkUrl(outbound, body.url);
  const sendsPersonal = body.includePersonal ?? endpoint.include_personal;
  // Whoever turns it on, and whoever turns to somewhere else what is on.
  if (sendsPersonal && (body.includePersonal === true || body.url !== undefined)) requirePersonal(ctx);
  const change = await toChange(ctx, body);
  await updateEndpoint(ctx.sql, ctx.workspaceId, { id: endpoint.id, change, now: ctx.clock.now() });
  if (body.url !== undefined || body.headers !== undefined) await liftHold(ctx.sql, ctx.workspaceId, endpoint.id);
  const detail = { changed: Object.keys(body), ...(body.url !== undefined && { host: new URL(body.url).host }) };
  await recordAudit(ctx, { action: 'webhook.updated', subject: publicId('whk', endpoint.id), detail });
  await cutLanes(ctx.sql, 'webhooks');
}

async function toChange(ctx: TxCtx, body: UpdateWebhookBody): Promise<EndpointChange> {
  const { url, description, events, source, headers, ratePerSecond, includePersonal } = body;
  const { consentCategories, isAdvertising } = body;
  const found = source === undefined ? undefined : await toSource(ctx, source);
  return {
    ...(url !== undefined && { url }),
    ...(description !== undefined && { description }),
    ...(events !== undefined && { events }),
    ...(found !== undefined && { source_id: found.id, source_number: found.number }),
    ...(headers !== undefined && {
      headers: sealHeaders(await ctx.keysOf(ctx.workspaceId), headers),
      header_names: Object.keys(headers),
    }),
    ...(ratePerSecond !== undefined && { rate_per_second: ratePerSecond }),
    ...(includePersonal !== undefined && { include_personal: includePersonal }),
    ...(consentCategories !== undefined && { consent_categories: consentCategories }),
    ...(isAdvertising !== undefined && { is_advertising: isAdvertising }),
  };
}

export async function deleteWebhook(ctx: TxCtx, text: string): Promise<void> {
  const { id } = await requireEndpoint(ctx, text, { lock: true });
  await deleteEndpoint(ctx.sql, ctx.workspaceId, id);
  await recordAudit(ctx, { action: 'webhook.deleted', subject: publicId('whk', id) });
  await cutLanes(ctx.sql, 'webhooks');
}

export async function disableWebhook(ctx: TxCtx, asked: { id: string; reason: string | undefined }): Promise<void> {
  const { id, enabled } = await requireEndpoint(ctx, asked.id, { lock: true });
  if (!enabled) return;
  const reason = asked.reason ?? 'disabled by hand';
  await disableEndpoint(ctx.sql, ctx.workspaceId, { id, reason, now: ctx.clock.now() });
  await recordAudit(ctx, { action: 'webhook.disabled', subject: publicId('whk', id), detail: { reason: 'by hand' } });
  await cutLanes(ctx.sql, 'webhooks');
}

export async function enableWebhook(ctx: TxCtx, text: string): Promise<void> {
  const { id, enabled } = await requireEndpoint(ctx, text, { lock: true });
  if (enabled) return;
  await enableEndpoint(ctx.sql, ctx.workspaceId, { id, now: ctx.clock.now() });
  await recordAudit(ctx, { action: 'webhook.enabled', subject: publicId('whk', id) });
  await cutLanes(ctx.sql, 'webhooks');
}

/** A new secret; the one before signs along until the answered instant. */
export async function rotateWebhookSecret(
  ctx: TxCtx,
  text: string,
): Promise<{ secret: string; previousSecretUntil: string }> {
  const { id } = await requireEndpoint(ctx, text, { lock: true });
  const secret = newSecret();
  const now = ctx.clock.now();
  const previousUntil = now + SECRET_OVERLAP_MS;
  const sealed = sealForWebhooks(await ctx.keysOf(ctx.workspaceId), secret);
  await rotateSecret(ctx.sql, ctx.workspaceId, { id, secret: sealed, previousUntil, now });
  await recordAudit(ctx, { action: 'webhook.secret_rotated', subject: publicId('whk', id) });
  return { secret, previousSecretUntil: new Date(previousUntil).toISOString() };
}

/** The endpoint behind a public id; `not_found` when it is none of this workspace. */
export async function requireEndpoint(ctx: Ctx, text: string, options: { lock?: boolean } = {}): Promise<EndpointRow> {
  const row = await findEndpoint(ctx.sql, ctx.workspaceId, { id: requirePublicId('whk', text), ...options });
  if (row === undefined) throw new AppError('not_found', 'There is no such webhook endpoint');
  return row;
}

function checkUrl(outbound: Outbound, url: string): void {
  const checked = outbound.check(url);
  if (checked.kind === 'ok') return;
  throw new AppError('invalid', 'The URL cannot be called', { details: [{ field: 'url', message: checked.reason }] });
}

/** Personal values leave the house: for those only who may read them. */
function requirePersonal({ actor }: TxCtx): void {
  if (actor.kind === 'system' || allows(actor.scopes, 'profiles:read')) return;
  throw new AppError('forbidden', 'Sending personal values needs the scope profiles:read', {
    details: [{ field: 'includePersonal', message: 'set it to false, or ask with a key that may read profiles' }],
  });
}

async function toSource(ctx: TxCtx, text: string | null): Promise<{ id: string | null; number: number | null }> {
  if (text === null) return { id: null, number: null };
  const id = requirePublicId('src', text);
  const source = (await listNumberedSources(ctx.sql, ctx.workspaceId)).find((each) => each.id === id);
  if (source !== undefined) return { id, number: source.number };
  throw new AppError('invalid', 'There is no such source', {
    details: [{ field: 'source', message: 'give the id of a source of this workspace, or null' }],
  });
}
