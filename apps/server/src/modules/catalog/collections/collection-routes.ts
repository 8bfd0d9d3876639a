import { api, type AnswerOf } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { newUuid, publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { findProductIds } from '../products/product-page-store.ts';
import { type CollectionRule, isCollected } from './collection-rule.ts';
import {
  addByHand,
  addByRule,
  clearRulePlaces,
  type CollectionRow,
  deleteCollection,
  findCollection,
  pageCollections,
  putCollection,
  readCollected,
  removeByHand,
} from './collection-store.ts';
import { handleOf } from './file-in-collections.ts';

const PAGE_ROWS = 1_000;

/** Products put together. */
export const collectionRoutes: Routes = (serve) => {
  serve(api.createCollection, async ({ ctx, body: { name, rule } }) => {
    const at = new Date(ctx.clock.now());
    const row = { id: newUuid(at.getTime()), name, handle: handleOf(name), rule, created_at: at };
    await put(ctx, row, at);
    await recordAudit(ctx, { action: 'collection.created', subject: publicId('col', row.id), detail: { name } });
    return present(row);
  });

  serve(api.listCollections, async ({ ctx, query: { limit, cursor } }) => {
    const beforeId = decodeCursor(cursor, ['uuid'])?.[0];
    const page = { beforeId: beforeId === undefined ? null : String(beforeId), limit: limit + 1 };
    return toPage(await pageCollections(ctx.sql, ctx.workspaceId, page), { limit, keyOf: (row) => [row.id], present });
  });

  serve(api.updateCollection, async ({ ctx, params, body: { name, rule } }) => {
    const known = await knownCollection(ctx, params.id);
    const row = {
      ...known,
      ...(name !== undefined && { name, handle: handleOf(name) }),
      ...(rule !== undefined && { rule }),
    };
    await put(ctx, row, new Date(ctx.clock.now()));
    await recordAudit(ctx, { action: 'collection.changed', subject: params.id, detail: { name: row.name } });
    return present(row);
  });

  serve(api.deleteCollection, async ({ ctx, params }) => {
    const { id, name } = await knownCollection(ctx, params.id);
    await deleteCollection(ctx.sql, ctx.workspaceId, id);
    await recordAudit(ctx, { action: 'collection.deleted', subject: params.id, detail: { name } });
  });

  serve(api.addCollectionProducts, async ({ ctx, params, body }) => {
    const { id: collectionId } = await knownCollection(ctx, params.id);
    const productIds = body.productIds.map((id) => requirePublicId('prd', id));
    const known = await findProductIds(ctx.sql, ctx.workspaceId, productIds);
    const details = productIds.flatMap((id, at) =>
      known.has(id) ? [] : [{ field: `productIds[${at}]`, message: 'names no product' }],
    );
    if (details.length > 0) throw new AppError('invalid', 'The request names what is not there', { details });
    await addByHand(ctx.sql, ctx.workspaceId, { collectionId, productIds });
    await recordAudit(ctx, {
      action: 'collection.filled',
      subject: params.id,
      detail: { products: productIds.length },
    });
  });

  serve(api.removeCollectionProduct, async ({ ctx, params }) => {
    const { id: collectionId } = await knownCollection(ctx, params.id);
    await removeByHand(ctx.sql, ctx.workspaceId, { collectionId, productId: requirePublicId('prd', params.productId) });
    await recordAudit(ctx, {
      action: 'collection.emptied',
      subject: params.id,
      detail: { productId: params.productId },
    });
  });
};

async function knownCollection(ctx: TxCtx, id: string): Promise<CollectionRow> {
  const row = await findCollection(ctx.sql, ctx.workspaceId, requirePublicId('col', id));
  if (row === undefined) throw new AppError('not_found', 'There is no such collection');
  return row;
}

async function put(ctx: TxCtx, row: CollectionRow, at: Date): Promise<void> {
  if (!(await putCollection(ctx.sql, ctx.workspaceId, { row, at }))) {
    throw new AppError('conflict', 'A collection is called so already', {
      details: [{ field: 'name', message: 'is taken; choose another' }],
    });
  }
  await clearRulePlaces(ctx.sql, ctx.workspaceId, row.id);
  if (row.rule !== null) await fillByRule(ctx, { collectionId: row.id, rule: row.rule });
}

/** Asks the rule of every product, page by page. */
async function fillByRule(
  ctx: TxCtx,
  { collectionId, rule }: { collectionId: string; rule: CollectionRule },
): Promise<void> {
  for (let afterId: string | undefined; ;) {
    const products = await readCollected(ctx.sql, ctx.workspaceId, { afterId, limit: PAGE_ROWS });
    const productIds = products.filter((product) => isCollected(rule, product)).map(({ id }) => id);
    await addByRule(ctx.sql, ctx.workspaceId, { collectionId, productIds });
    if (products.length < PAGE_ROWS) return;
    afterId = products.at(-1)!.id;
  }
}

function present(row: CollectionRow): AnswerOf<typeof api.createCollection> {
  const { id, name, handle, rule, created_at: at } = row;
  return {
    id: publicId('col', id),
    name,
    handle,
    rule: rule as AnswerOf<typeof api.createCollection>['rule'],
    createdAt: at.toISOString(),
  };
}
