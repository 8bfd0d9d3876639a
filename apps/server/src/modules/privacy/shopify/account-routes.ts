import { api, type ShopifyAccount } from '@segue/contract';
import { deriveKey, open, seal, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { newUuid, publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { listNumberedSources, recordAudit } from '../../accounts/index.ts';
import { type AccountRow, deleteAccount, insertAccount, pageAccounts } from './account-store.ts';

/** Which Shopify shops' compliance webhooks are taken. */
export const shopifyAccountRoutes: Routes = (serve) => {
  serve(api.listShopifyAccounts, async ({ ctx, query: { limit, cursor } }) => {
    const before = decodeCursor(cursor, ['uuid'])?.[0];
    const beforeId = before === undefined ? undefined : String(before);
    const rows = await pageAccounts(ctx.sql, ctx.workspaceId, { limit: limit + 1, beforeId });
    return toPage(rows, { limit, keyOf: (row) => [row.id], present });
  });

  serve(api.createShopifyAccount, async ({ ctx, body }) => {
    const nowMs = ctx.clock.now();
    const row: AccountRow = {
      workspace_id: ctx.workspaceId,
      id: newUuid(nowMs),
      shop_domain: body.shopDomain,
      secret: seal(secretKey(await ctx.keysOf(ctx.workspaceId)), body.secret),
      ...(await sourceOf(ctx, body.source)),
      match_customer_id: body.matchCustomerId,
      created_at: new Date(nowMs),
    };
    if (!(await insertAccount(ctx.sql, row))) {
      throw new AppError('conflict', 'This shop has an account already', {
        details: [{ field: 'shopDomain', message: 'delete the account it has first' }],
      });
    }
    await recordAudit(ctx, { action: 'shopify_account.created', subject: publicId('sac', row.id) });
    return present(row);
  });

  serve(api.deleteShopifyAccount, async ({ ctx, params }) => {
    const id = requirePublicId('sac', params.id);
    if (!(await deleteAccount(ctx.sql, ctx.workspaceId, id)))
      throw new AppError('not_found', 'There is no such account');
    await recordAudit(ctx, { action: 'shopify_account.deleted', subject: params.id });
  });
};

async function sourceOf(
  ctx: TxCtx,
  given: string | undefined,
): Promise<{ source_id: string | null; source_number: number | null }> {
  if (given === undefined) return { source_id: null, source_number: null };
  const id = requirePublicId('src', given);
  const source = (await listNumberedSources(ctx.sql, ctx.workspaceId)).find((one) => one.id === id);
  if (source === undefined) {
    throw new AppError('invalid', 'The request does not fit', {
      details: [{ field: 'source', message: 'there is no such source; give one of this workspace' }],
    });
  }
  return { source_id: id, source_number: source.number };
}

export function openSecret(keys: WorkspaceKeys, sealed: Buffer): string {
  return open(secretKey(keys), sealed).toString('utf8');
}

function secretKey(keys: WorkspaceKeys): Buffer {
  return deriveKey(keys.wrapping, 'shopify account');
}

function present(row: AccountRow): ShopifyAccount {
  const id = publicId('sac', row.id);
  return {
    id,
    shopDomain: row.shop_domain,
    sourceId: row.source_id === null ? null : publicId('src', row.source_id),
    matchCustomerId: row.match_customer_id,
    webhookPath: `/hooks/shopify/${id}`,
    createdAt: row.created_at.toISOString(),
  };
}
