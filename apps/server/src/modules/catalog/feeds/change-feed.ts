import type { api, BodyOf } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { partCredentials, sealCredentials } from './feed-credentials.ts';
import { type FeedRowOf, findFeed, insertFeed, updateFeed } from './feed-store.ts';

type CreateBody = BodyOf<typeof api.createProductFeed>;
type UpdateBody = BodyOf<typeof api.updateProductFeed>;

/** A feed that is fetched from now on. */
export async function createFeed(ctx: TxCtx, outbound: Outbound, body: CreateBody): Promise<FeedRowOf> {
  const at = new Date(ctx.clock.now());
  const id = newUuid(at.getTime());
  const { name, currency, intervalMinutes } = body;
  const { url, credentials } = requireAddress(outbound, body.url);
  const given = body.credentials ?? credentials;
  const row: FeedRowOf = {
    ...{ workspace_id: ctx.workspaceId, id, name, url, currency, interval_minutes: intervalMinutes },
    credentials: given === undefined ? null : sealCredentials(await ctx.keysOf(ctx.workspaceId), given),
    ...{ archives_missing: body.archivesMissing, is_enabled: body.enabled, due_at: at, wish: null, failures: 0 },
    ...{ etag: null, last_modified: null, body_sha256: null, created_at: at, updated_at: at },
  };
  if (!(await insertFeed(ctx.sql, row))) {
    throw new AppError('conflict', 'There is a product feed of this name', {
      details: [{ field: 'name', message: 'is taken; change that feed, or give another name' }],
    });
  }
  await recordAudit(ctx, { action: 'product_feed.created', subject: publicId('pfd', id), detail: { name } });
  return row;
}

/** What is left out stays as it is; but credentials are no other server's business. */
export async function changeFeed(
  ctx: TxCtx,
  outbound: Outbound,
  { id, body }: { id: string; body: UpdateBody },
): Promise<FeedRowOf> {
  const row = await findFeed(ctx.sql, ctx.workspaceId, { id, lock: true });
  if (row === undefined) throw noFeed();
  const at = new Date(ctx.clock.now());
  const address = body.url === undefined ? undefined : requireAddress(outbound, body.url);
  const url = address?.url ?? row.url;
  const isMoved = new URL(url).origin !== new URL(row.url).origin;
  const given = body.credentials === undefined ? address?.credentials : body.credentials;
  const kept = isMoved ? null : row.credentials;
  const changed: FeedRowOf = {
    ...row,
    url,
    credentials:
      given === undefined ? kept : given === null ? null : sealCredentials(await ctx.keysOf(ctx.workspaceId), given),
    currency: body.currency === undefined ? row.currency : body.currency,
    interval_minutes: body.intervalMinutes ?? row.interval_minutes,
    archives_missing: body.archivesMissing ?? row.archives_missing,
    is_enabled: body.enabled ?? row.is_enabled,
    ...{ failures: 0, due_at: at, updated_at: at },
  };
  await updateFeed(ctx.sql, changed);
  const detail = { changed: Object.keys(body).sort() };
  await recordAudit(ctx, { action: 'product_feed.changed', subject: publicId('pfd', id), detail });
  return changed;
}

export function noFeed(): AppError {
  return new AppError('not_found', 'There is no such product feed');
}

function requireAddress(outbound: Outbound, text: string) {
  const parted = partCredentials(text);
  const checked = outbound.check(parted.url);
  if (checked.kind === 'ok') return parted;
  throw new AppError('invalid', 'The feed cannot be fetched there', {
    details: [{ field: 'url', message: checked.reason }],
  });
}
