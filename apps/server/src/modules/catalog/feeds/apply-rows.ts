import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { readProductRows } from '../import/read-rows.ts';
import { archiveProductRows } from '../products/product-store.ts';
import { upsertProducts } from '../products/upsert-products.ts';
import { findRefs } from '../refs/ref-store.ts';
import type { FeedWork } from './feed-work.ts';
import { keptBecause } from './plan-retry.ts';
import { countMissing, type KeptRow, listMissing, listNextRows, listRowsOfProduct } from './row-store.ts';

const ROWS_AT_ONCE_MAX = 500;
const ARCHIVED_AT_ONCE_MAX = 500;

/** Puts what was fetched into the catalog, product by product, and notes how far it is: whoever goes on after a crash repeats nothing. */
export async function applyRows(work: FeedWork): Promise<void> {
  for (let isMore = true; isMore;) {
    await work.step(async (ctx) => {
      const rows = await nextProducts(ctx, work);
      isMore = rows.length > 0;
      if (!isMore) return {};
      const counts = await putRows(ctx, rows, work.source);
      const { products, created, changed } = work.run;
      return {
        place: rows.at(-1)!.product_ref,
        products: products + counts.products,
        created: created + counts.created,
        changed: changed + counts.changed,
      };
    });
  }
}

/** All rows of the next products: some, or a single one that has more. */
async function nextProducts({ sql }: TxCtx, { lease, run }: FeedWork): Promise<KeptRow[]> {
  const rows = await listNextRows(sql, lease, { after: run.place, limit: ROWS_AT_ONCE_MAX });
  const last = rows.at(-1);
  if (last === undefined || rows.length < ROWS_AT_ONCE_MAX) return rows;
  const whole = rows.filter((row) => row.product_ref !== last.product_ref);
  return whole.length > 0 ? whole : listRowsOfProduct(sql, lease, last.product_ref);
}

async function putRows(ctx: TxCtx, rows: readonly KeptRow[], source: string) {
  const torn = [...new Set(rows.flatMap((row) => (row.cells === null ? [row.product_ref] : [])))];
  const known = await findRefs(
    ctx.sql,
    ctx.workspaceId,
    torn.map((id) => ({ source, kind: 'product', id })),
  );
  // Without its refused rows a product would lose these variants: one that is there stays as it is.
  const untouched = new Set(torn.filter((_id, at) => known[at] !== undefined));
  const cells = rows.flatMap((row) => (row.cells === null || untouched.has(row.product_ref) ? [] : [row.cells]));
  const { products } = readProductRows(cells, source);
  const put = await upsertProducts(ctx, products);
  const count = (wanted: string) => put.filter(({ kind }) => kind === wanted).length;
  return { products: products.length, created: count('created'), changed: count('changed') };
}

/** Takes what the feed does not name any more out of sale, unless the fetch says too little about that. */
export async function archiveMissing(work: FeedWork): Promise<void> {
  const { ctx, lease, source, run } = work;
  if (!work.feed.archives_missing) return;
  const { known, missing } = await countMissing(ctx.sql, lease, source);
  const allowShrink = run.wish === 'shrink';
  const kept = keptBecause({ known, missing, refused: run.refused, allowShrink });
  if (kept !== undefined) return work.step(async () => ({ kept }));
  let after: string | undefined;
  for (let isMore = missing > 0; isMore;) {
    await work.step(async ({ sql, workspaceId, clock }) => {
      const ids = await listMissing(sql, lease, { source, after, limit: ARCHIVED_AT_ONCE_MAX });
      const now = new Date(clock.now());
      const archived = await archiveProductRows(sql, workspaceId, { ids, source, at: now, now });
      after = ids.at(-1);
      isMore = ids.length === ARCHIVED_AT_ONCE_MAX;
      return { archived: work.run.archived + archived };
    });
  }
}
