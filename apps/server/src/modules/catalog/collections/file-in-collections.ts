import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import { foldText } from '../products/search-text.ts';
import { isCollected } from './collection-rule.ts';
import { ensureCollections, listRules, readCollected, replacePlaces } from './collection-store.ts';

/** Files products where their source says, and where rules say. */
export async function fileInCollections(
  ctx: TxCtx,
  products: readonly { productId: string; names: readonly string[] }[],
): Promise<void> {
  const { sql, workspaceId } = ctx;
  const at = new Date(ctx.clock.now());
  const named = new Map(products.flatMap(({ names }) => names.map((name) => [handleOf(name), name] as const)));
  const wished = [...named].map(([handle, name]) => ({ id: newUuid(at.getTime()), name, handle }));
  const ids = await ensureCollections(sql, workspaceId, { wished, at });
  const productIds = products.map(({ productId }) => productId);
  const told = products.flatMap(({ productId, names }) =>
    names.map((name) => ({ collectionId: ids.get(handleOf(name))!, productId })),
  );
  await replacePlaces(sql, workspaceId, { cause: 'source', productIds, pairs: told });
  const rules = await listRules(sql, workspaceId);
  if (rules.length === 0) return;
  const collected = await readCollected(sql, workspaceId, { productIds });
  const ruled = collected.flatMap((product) =>
    rules.flatMap(({ id, rule }) => (isCollected(rule, product) ? [{ collectionId: id, productId: product.id }] : [])),
  );
  await replacePlaces(sql, workspaceId, { cause: 'rule', productIds, pairs: ruled });
}

/** A name as part of an address: "Été 2026" is `ete-2026`. Pure. */
export function handleOf(name: string): string {
  const handle = foldText(name)
    .replaceAll(/[^\p{Letter}\p{Number}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '');
  return handle === '' ? 'collection' : handle.slice(0, 200);
}
