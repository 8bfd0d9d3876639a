import type { BasketKind } from '@segue/contract';
import type { Sql } from '../../platform/postgres/index.ts';
import { type ProductFactsOfVariant, readProductFacts } from '../catalog/index.ts';
import { readAvailability } from '../inventory/index.ts';
import { readBaskets } from './read-baskets.ts';
import { listOfProfiles } from './basket-store.ts';
import type { Line } from './lines/line.ts';

/** Of a profile more are not looked at. */
const BASKETS_MAX = 20;

/** Something that lies in a customer's cart, on her wish list, or was viewed. */
export interface BasketFact {
  readonly kind: BasketKind;
  readonly product: ProductFactsOfVariant;
  readonly isInStock: boolean;
}

/** What rules ask of baskets, guests' ones of her devices too. What the catalog does not know counts as in stock. */
export async function basketFactsOf(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, BasketFact[]>> {
  const rows = await listOfProfiles(sql, workspaceId, { profileIds: [...new Set(profileIds)], eachMax: BASKETS_MAX });
  const baskets = await readBaskets(
    sql,
    workspaceId,
    rows.map(({ id }) => id),
  );
  const all = [...baskets.values()].flatMap(({ lines }) => [...lines.values()]);
  const variantIds = [...new Set(all.flatMap(({ variantId }) => variantId ?? []))];
  const known = await readProductFacts(sql, workspaceId, variantIds);
  const stock = variantIds.length === 0 ? new Map() : await readAvailability(sql, workspaceId, { variantIds });
  const facts = new Map<string, BasketFact[]>();
  for (const { id, profile_id: profileId } of rows) {
    const { kind, lines } = baskets.get(id)!;
    const own = [...lines.values()].map((line) => ({
      kind,
      product: known.get(line.variantId ?? '') ?? unknownProduct(line),
      isInStock: stock.get(line.variantId ?? '')?.isInStock ?? true,
    }));
    facts.set(profileId, [...(facts.get(profileId) ?? []), ...own]);
  }
  return facts;
}

function unknownProduct({ productRef, variantRef, sku }: Line): ProductFactsOfVariant {
  return {
    productIds: productRef === null ? [] : [productRef],
    variantIds: variantRef === null ? [] : [variantRef],
    ...{ sku, collections: [], vendor: null, type: null, tags: [] },
  };
}
