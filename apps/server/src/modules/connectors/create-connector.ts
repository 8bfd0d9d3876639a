import type { api, BodyOf } from '@segue/contract';
import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import { recordAudit } from '../accounts/index.ts';
import type { ConnectorSecrets } from './connector.ts';
import { openSecrets, rotateSigning, sealSecrets } from './connector-secrets.ts';
import { type ConnectorRow, findConnector, insertConnector, updateConnectorRow } from './connector-store.ts';
import { canAsk, startBackFill, startStanding } from './sync/plan-jobs.ts';

export type CreateBody = BodyOf<typeof api.createConnector>;
type UpdateBody = BodyOf<typeof api.updateConnector>;

/** Connects a shop; one that can be asked is read from its beginning. */
export async function createConnector(ctx: TxCtx, outbound: Outbound, body: CreateBody): Promise<ConnectorRow> {
  const at = new Date(ctx.clock.now());
  const id = newUuid(at.getTime());
  const { account, source, apiUrl, secrets } = identityOf(body, outbound);
  const { kind, name, currency, matchCustomerIds, pushesStock, consentTopic, truth } = body;
  const row: ConnectorRow = {
    ...{ workspace_id: ctx.workspaceId, id, kind, name, account, source, state: 'active' as const },
    settings: {
      ...{ currency, channel: body.channel ?? kind, matchCustomerIds, pushesStock, consentTopic },
      ...(truth !== undefined && { truth }),
      ...(body.kind === 'shopify' && { apiVersion: body.apiVersion }),
      ...(apiUrl !== undefined && { apiUrl }),
    },
    secrets: sealSecrets(await ctx.keysOf(ctx.workspaceId), secrets),
    ...{ fault: null, created_at: at, updated_at: at },
  };
  if (!(await insertConnector(ctx.sql, row))) {
    throw new AppError('conflict', 'The workspace has this connector already', {
      details: [{ field: fieldOf(body), message: 'change the one it has, or delete it first' }],
    });
  }
  await recordAudit(ctx, { action: 'connector.created', subject: publicId('cnc', id), detail: { kind } });
  if (canAsk(kind, secrets)) {
    await startBackFill(ctx, row, {});
    await startStanding(ctx, row);
  }
  return row;
}

interface Identity {
  readonly account: string;
  readonly source: string;
  readonly apiUrl: string | undefined;
  readonly secrets: ConnectorSecrets;
}

/** What a shop is known by: the same again when it is connected anew, so that its things are found. */
function identityOf(body: CreateBody, outbound: Outbound): Identity {
  switch (body.kind) {
    case 'shopify': {
      const apiUrl = requireUrl(outbound, { field: 'apiUrl', url: body.apiUrl ?? `https://${body.shopDomain}` });
      const { clientSecret: signing, accessToken } = body;
      return {
        account: body.shopDomain,
        source: `shopify:${body.shopDomain}`,
        apiUrl,
        secrets: { signing, accessToken },
      };
    }
    case 'woocommerce': {
      const apiUrl = requireUrl(outbound, { field: 'storeUrl', url: body.storeUrl });
      const { host, pathname } = new URL(apiUrl);
      const { webhookSecret: signing, consumerKey, consumerSecret } = body;
      const source = `woocommerce:${host}${pathname === '/' ? '' : pathname}`;
      return { account: apiUrl, source, apiUrl, secrets: { signing, consumerKey, consumerSecret } };
    }
    case 'pos':
      return { account: '', source: `pos:${slugOf(body.name)}`, apiUrl: undefined, secrets: {} };
    case 'drop':
      return { account: '', source: `feed:${slugOf(body.name)}`, apiUrl: undefined, secrets: {} };
  }
}

/** Without its slash at the end. */
function requireUrl(outbound: Outbound, { field, url }: { field: string; url: string }): string {
  const checked = outbound.check(url);
  if (checked.kind === 'ok') return url.replace(/\/+$/, '');
  throw new AppError('invalid', 'The shop cannot be called there', { details: [{ field, message: checked.reason }] });
}

function fieldOf({ kind }: CreateBody): string {
  return { shopify: 'shopDomain', woocommerce: 'storeUrl', pos: 'name', drop: 'name' }[kind];
}

function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '');
  return slug === '' ? 'unnamed' : slug.slice(0, 60);
}

/** What is left out stays as it is. A new signing secret holds beside the one before. */
export async function updateConnector(
  ctx: TxCtx,
  outbound: Outbound,
  { id, body }: { id: string; body: UpdateBody },
): Promise<ConnectorRow> {
  const row = await findConnector(ctx.sql, ctx.workspaceId, { id, lock: true });
  if (row === undefined) throw new AppError('not_found', 'There is no such connector');
  const nowMs = ctx.clock.now();
  const keys = await ctx.keysOf(ctx.workspaceId);
  const before = openSecrets(keys, row.secrets);
  const { name, state, signingSecret, accessToken, consumerKey, consumerSecret, truth, apiUrl, ...chosen } = body;
  const given = definedOf({ accessToken, consumerKey, consumerSecret });
  const rotated = signingSecret === undefined ? before : rotateSigning(before, signingSecret, nowMs);
  const secrets: ConnectorSecrets = { ...rotated, ...given };
  const { truth: truthBefore, ...settings } = {
    ...row.settings,
    ...(definedOf(chosen) as Partial<ConnectorRow['settings']>),
  };
  const truthAfter = truth === undefined ? truthBefore : (truth ?? undefined);
  const changed: ConnectorRow = {
    ...row,
    ...{
      name: name ?? row.name,
      state: state ?? row.state,
      secrets: sealSecrets(keys, secrets),
      updated_at: new Date(nowMs),
    },
    settings: {
      ...settings,
      ...(truthAfter !== undefined && { truth: truthAfter }),
      ...(apiUrl !== undefined && { apiUrl: requireUrl(outbound, { field: 'apiUrl', url: apiUrl }) }),
    },
  };
  await updateConnectorRow(ctx.sql, changed);
  const fields = Object.keys(body).sort();
  await recordAudit(ctx, { action: 'connector.changed', subject: publicId('cnc', id), detail: { fields } });
  if (canAsk(row.kind, secrets)) {
    if (!canAsk(row.kind, before)) await startBackFill(ctx, changed, {});
    await startStanding(ctx, changed);
  }
  return changed;
}

function definedOf<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}
