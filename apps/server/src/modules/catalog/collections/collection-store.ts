import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { CollectedProduct, CollectionRule } from './collection-rule.ts';

export interface CollectionRow {
  readonly id: string;
  readonly name: string;
  readonly handle: string;
  readonly rule: CollectionRule | null;
  readonly created_at: Date;
}

const COLUMNS = 'id, name, handle, rule, created_at';

/** Collections of these handles; those that are not there begin empty. */
export async function ensureCollections(
  sql: Sql,
  workspaceId: number,
  { wished, at }: { wished: readonly { id: string; name: string; handle: string }[]; at: Date },
): Promise<Map<string, string>> {
  if (wished.length === 0) return new Map();
  await sql.query({
    name: 'collection_ensure',
    text: `insert into collection (workspace_id, id, name, handle, created_at, updated_at)
           select $1, c.id, c.name, c.handle, $5, $5 from unnest($2::uuid[], $3::text[], $4::text[]) as c(id, name, handle)
           order by c.handle on conflict (workspace_id, handle) do nothing`,
    values: [
      ...[workspaceId, arrayLiteral(wished.map((one) => one.id)), wished.map((one) => one.name)],
      ...[wished.map((one) => one.handle), at],
    ],
  });
  const { rows } = await sql.query<{ id: string; handle: string }>({
    name: 'collection_by_handle',
    text: 'select id, handle from collection where workspace_id = $1 and handle = any($2::text[])',
    values: [workspaceId, wished.map((one) => one.handle)],
  });
  return new Map(rows.map((row) => [row.handle, row.id]));
}

/** A collection's rule, for every collection that has one. */
export async function listRules(sql: Sql, workspaceId: number): Promise<{ id: string; rule: CollectionRule }[]> {
  const { rows } = await sql.query<{ id: string; rule: CollectionRule }>({
    name: 'collection_rules',
    text: 'select id, rule from collection where workspace_id = $1 and rule is not null order by id',
    values: [workspaceId],
  });
  return rows;
}

/** What these products are in, for one cause, is this and nothing else. */
export async function replacePlaces(
  sql: Sql,
  workspaceId: number,
  places: {
    cause: 'rule' | 'source';
    productIds: readonly string[];
    pairs: readonly { collectionId: string; productId: string }[];
  },
): Promise<void> {
  await sql.query({
    name: 'collection_product_replace',
    text: `with p as (select distinct * from unnest($4::uuid[], $5::uuid[]) as p(collection_id, product_id)),
           gone as (
             delete from collection_product c where c.workspace_id = $1 and c.cause = $2 and c.product_id = any($3::uuid[])
               and not exists (select 1 from p where p.collection_id = c.collection_id and p.product_id = c.product_id))
           insert into collection_product (workspace_id, collection_id, product_id, cause)
           select $1, p.collection_id, p.product_id, $2 from p order by p.collection_id, p.product_id on conflict do nothing`,
    values: [
      ...[workspaceId, places.cause, arrayLiteral(places.productIds)],
      arrayLiteral(places.pairs.map((pair) => pair.collectionId)),
      arrayLiteral(places.pairs.map((pair) => pair.productId)),
    ],
  });
}

/** What rules ask of products: of these, or of a page of all. */
export async function readCollected(
  sql: Sql,
  workspaceId: number,
  asked: { productIds: readonly string[] } | { afterId: string | undefined; limit: number },
): Promise<(CollectedProduct & { id: string })[]> {
  const isPage = 'limit' in asked;
  const { rows } = await sql.query<{
    id: string;
    title: string;
    vendor: string | null;
    product_type: string | null;
    tags: string[];
    prices: { amountMinor: number; currency: string }[] | null;
  }>({
    name: isPage ? 'collection_page' : 'collection_read',
    text: `select p.id, p.title, p.vendor, p.product_type, p.tags, (
             select jsonb_agg(jsonb_build_object('amountMinor', h.amount_minor, 'currency', h.currency)) from (
               select distinct on (v.id, h.currency) h.amount_minor, h.currency from variant v
               join price_history h on h.workspace_id = v.workspace_id and h.variant_id = v.id and h.channel = ''
               where v.workspace_id = $1 and v.product_id = p.id and v.status = 'active'
               order by v.id, h.currency, h.from_at desc) h where h.amount_minor is not null) as prices
           from product p where p.workspace_id = $1 and
             ${isPage ? '($2::uuid is null or p.id > $2) order by p.id limit $3' : 'p.id = any($2::uuid[])'}`,
    values: isPage ? [workspaceId, asked.afterId ?? null, asked.limit] : [workspaceId, arrayLiteral(asked.productIds)],
  });
  return rows.map(({ product_type: productType, prices, ...row }) => ({ ...row, productType, prices: prices ?? [] }));
}

export async function pageCollections(
  sql: Sql,
  workspaceId: number,
  page: { beforeId: string | null; limit: number },
): Promise<CollectionRow[]> {
  const { rows } = await sql.query<CollectionRow>({
    text: `select ${COLUMNS} from collection where workspace_id = $1 and ($2::uuid is null or id < $2)
           order by id desc limit $3`,
    values: [workspaceId, page.beforeId, page.limit],
  });
  return rows;
}

export async function findCollection(sql: Sql, workspaceId: number, id: string): Promise<CollectionRow | undefined> {
  const { rows } = await sql.query<CollectionRow>({
    text: `select ${COLUMNS} from collection where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** False: the handle is another's. */
export async function putCollection(
  sql: Sql,
  workspaceId: number,
  { row, at }: { row: Omit<CollectionRow, 'created_at'>; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into collection (workspace_id, id, name, handle, rule, created_at, updated_at)
           select $1, $2, $3, $4, $5, $6, $6
           where not exists (select 1 from collection where workspace_id = $1 and handle = $4 and id <> $2)
           on conflict (workspace_id, id) do update set name = excluded.name, handle = excluded.handle, rule = excluded.rule,
             updated_at = excluded.updated_at`,
    values: [workspaceId, row.id, row.name, row.handle, row.rule === null ? null : JSON.stringify(row.rule), at],
  });
  return rowCount === 1;
}

export async function deleteCollection(sql: Sql, workspaceId: number, id: string): Promise<void> {
  await sql.query({ text: 'delete from collection where workspace_id = $1 and id = $2', values: [workspaceId, id] });
}

export async function addByHand(
  sql: Sql,
  workspaceId: number,
  { collectionId, productIds }: { collectionId: string; productIds: readonly string[] },
): Promise<void> {
  await sql.query({
    text: `insert into collection_product (workspace_id, collection_id, product_id, cause)
           select $1, $2, p.id, 'hand' from unnest($3::uuid[]) as p(id) on conflict do nothing`,
    values: [workspaceId, collectionId, arrayLiteral(productIds)],
  });
}

export async function removeByHand(
  sql: Sql,
  workspaceId: number,
  { collectionId, productId }: { collectionId: string; productId: string },
): Promise<void> {
  await sql.query({
    text: `delete from collection_product where workspace_id = $1 and collection_id = $2 and product_id = $3 and cause = 'hand'`,
    values: [workspaceId, collectionId, productId],
  });
}

/** What a rule put there. */
export async function clearRulePlaces(sql: Sql, workspaceId: number, collectionId: string): Promise<void> {
  await sql.query({
    text: `delete from collection_product where workspace_id = $1 and collection_id = $2 and cause = 'rule'`,
    values: [workspaceId, collectionId],
  });
}

export async function addByRule(
  sql: Sql,
  workspaceId: number,
  { collectionId, productIds }: { collectionId: string; productIds: readonly string[] },
): Promise<void> {
  await sql.query({
    text: `insert into collection_product (workspace_id, collection_id, product_id, cause)
           select $1, $2, p.id, 'rule' from unnest($3::uuid[]) as p(id) on conflict do nothing`,
    values: [workspaceId, collectionId, arrayLiteral(productIds)],
  });
}
