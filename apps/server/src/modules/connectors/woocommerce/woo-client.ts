import type { JsonObject } from '../../../platform/json.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import type {
  ConnectorSecrets,
  ConnectorSettings,
  NormaliseContext,
  PageQuery,
  ShopClient,
  ShopPage,
} from '../connector.ts';
import { gmtOf, idOrNone, objectsOf, textOf, UnfitPayload } from '../payload.ts';
import { refineVersions } from '../refine-versions.ts';
import type { ShopRecord } from '../records.ts';
import { openWooApi, type WooApi } from './woo-api.ts';
import { readWooCustomer } from './woo-customer.ts';
import { readWooOrder, readWooRefund } from './woo-order.ts';
import { readWooProduct, readWooVariation } from './woo-product.ts';
import { pushWooStock } from './woo-push.ts';
import { mendWooWebhooks } from './woo-webhooks.ts';

const PAGE_MOST = 100;
/** Of each the variations are asked for. */
const PRODUCTS_MOST = 25;
const SECOND_MS = 1_000;

interface Asking {
  readonly api: WooApi;
  readonly context: NormaliseContext;
}

/** Asks a WooCommerce shop, by its REST API v3. */
export function createWooClient(own: {
  readonly outbound: Outbound;
  readonly secrets: ConnectorSecrets;
  readonly settings: ConnectorSettings;
  readonly account: string;
  readonly now: () => number;
}): ShopClient {
  const api = openWooApi(own);
  const { settings } = own;
  return {
    resources: ['products', 'customers', 'orders'],
    page: (query) => readPage({ api, context: { settings, triggeredAtMs: undefined, receivedAtMs: own.now() } }, query),
    async check() {
      const code = textOf((await api.get('data/currencies/current')).body['code']);
      return code === undefined || code === settings.currency
        ? own.account
        : `${own.account}; its currency is ${code}, and the connector says ${settings.currency}: change it`;
    },
    pushStock: (pushes) => pushWooStock(api, pushes),
    mendWebhooks: (hookUrl) => mendWooWebhooks(api, { hookUrl, secret: own.secrets.signing ?? '' }),
  };
}

async function readPage(asking: Asking, query: PageQuery): Promise<ShopPage> {
  switch (query.resource) {
    case 'products':
      return readProducts(asking, query);
    case 'orders':
      return readOrders(asking, query);
    case 'customers':
      return readCustomers(asking, query);
    default:
      return { records: [], next: undefined, restMs: 0 };
  }
}

/**
 * What changed since, the oldest first. A page goes on from the instant of the last item, not by its number: what changes while
 * pages are read moves to the end, and would push an unread one onto a page that is read already. The last second is read again.
 */
async function changedSince(
  { api }: Asking,
  query: PageQuery,
  { path, most }: { path: string; most: number },
): Promise<{ items: JsonObject[]; at: number | undefined; next: JsonObject | undefined }> {
  const after = Number(query.place?.['afterMs'] ?? Math.max(0, (query.sinceMs ?? 0) - SECOND_MS));
  const page = Number(query.place?.['page'] ?? 1);
  const { items, at } = await api.list(path, {
    ...{ per_page: String(most), page: String(page), orderby: 'modified', order: 'asc' },
    ...{ modified_after: gmtText(after), dates_are_gmt: 'true' },
    ...(path === 'orders' && { status: 'any' }),
  });
  if (items.length < most) return { items, at, next: undefined };
  const last = (gmtOf(items.at(-1)?.['date_modified_gmt']) ?? 0) - SECOND_MS;
  // A whole page of one second.
  const next = last > after ? { afterMs: last, page: 1 } : { afterMs: after, page: page + 1 };
  return { items, at, next };
}

/** WordPress compares dates as texts without a zone. */
function gmtText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19);
}

async function readProducts(asking: Asking, query: PageQuery): Promise<ShopPage> {
  const { items, at, next } = await changedSince(asking, query, { path: 'products', most: PRODUCTS_MOST });
  const records = items.flatMap((item) => readAll(() => readWooProduct(item, asking.context)));
  for (const product of items.filter((item) => item['type'] === 'variable')) {
    records.push(...(await readVariations(asking, { productId: idOrNone(product['id']), only: undefined })));
  }
  return { records: asOf(records, at), next, restMs: 0 };
}

async function readVariations(
  { api, context }: Asking,
  { productId, only }: { productId: string | undefined; only: readonly string[] | undefined },
): Promise<ShopRecord[]> {
  if (productId === undefined) return [];
  const records: ShopRecord[] = [];
  for (let page = 1; ; page++) {
    const { items, at } = await api.list(`products/${productId}/variations`, {
      ...{ per_page: String(PAGE_MOST), page: String(page) },
      ...(only !== undefined && { include: only.join(',') }),
    });
    records.push(
      ...asOf(
        items.flatMap((item) => readAll(() => readWooVariation(productId, item, context))),
        at,
      ),
    );
    if (items.length < PAGE_MOST) return records;
  }
}

/** With what an order says only in part: its refunds, line by line, and what is left of what was sold. */
async function readOrders(asking: Asking, query: PageQuery): Promise<ShopPage> {
  const { items, next, at } =
    query.placed === undefined
      ? await changedSince(asking, query, { path: 'orders', most: PAGE_MOST })
      : await placedIn(asking, query);
  const records = asOf(
    items.flatMap((item) => readAll(() => readWooOrder(item, asking.context))),
    at,
  );
  for (const order of items.filter((item) => objectsOf(item['refunds']).length > 0)) {
    records.push(...(await readRefunds(asking, order)));
  }
  // A sale takes stock without touching the product: `modified_after` would never find it.
  if (query.sinceMs !== undefined) records.push(...(await readSold(asking, items)));
  return { records, next, restMs: 0 };
}

async function placedIn(
  { api }: Asking,
  { placed, place }: PageQuery,
): Promise<{ items: JsonObject[]; at: number | undefined; next: JsonObject | undefined }> {
  const page = Number(place?.['page'] ?? 1);
  const { items, at } = await api.list('orders', {
    ...{ per_page: String(PAGE_MOST), page: String(page), orderby: 'date', order: 'asc', status: 'any' },
    // Both ends are left out.
    ...{ after: gmtText(placed!.fromMs - SECOND_MS), before: gmtText(placed!.toMs), dates_are_gmt: 'true' },
  });
  return { items, at, next: items.length < PAGE_MOST ? undefined : { page: page + 1 } };
}

async function readRefunds({ api, context }: Asking, order: JsonObject): Promise<ShopRecord[]> {
  const orderId = idOrNone(order['id']);
  if (orderId === undefined) return [];
  const currency = textOf(order['currency'])?.toUpperCase() ?? context.settings.currency;
  const settings = { ...context.settings, currency };
  const { items } = await api.list(`orders/${orderId}/refunds`, { per_page: String(PAGE_MOST) });
  return items.flatMap((item) =>
    readAll(() => [{ kind: 'refund', orderId, refund: readWooRefund(item, { ...context, settings }) }]),
  );
}

async function readSold(asking: Asking, orders: readonly JsonObject[]): Promise<ShopRecord[]> {
  const lines = orders.flatMap((order) => objectsOf(order['line_items']));
  const simple = new Set<string>();
  const variations = new Map<string, Set<string>>();
  for (const line of lines) {
    const productId = idOrNone(line['product_id']);
    const variationId = idOrNone(line['variation_id']);
    if (productId === undefined) continue;
    if (variationId === undefined) simple.add(productId);
    else variations.set(productId, (variations.get(productId) ?? new Set()).add(variationId));
  }
  const records: ShopRecord[] = [];
  for (const ids of inParts([...simple])) {
    const { items, at } = await asking.api.list('products', { per_page: String(PAGE_MOST), include: ids.join(',') });
    records.push(
      ...asOf(
        items.flatMap((item) => readAll(() => readWooProduct(item, asking.context))),
        at,
      ),
    );
  }
  for (const [productId, ids] of variations) {
    records.push(...(await readVariations(asking, { productId, only: [...ids] })));
  }
  return records;
}

function inParts(ids: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let from = 0; from < ids.length; from += PAGE_MOST) parts.push(ids.slice(from, from + PAGE_MOST));
  return parts;
}

/** They know of no change: all of them, or those who registered since, the newest first. */
async function readCustomers({ api, context }: Asking, { sinceMs, place }: PageQuery): Promise<ShopPage> {
  const page = Number(place?.['page'] ?? 1);
  const order = sinceMs === undefined ? { orderby: 'id', order: 'asc' } : { orderby: 'registered_date', order: 'desc' };
  const { items } = await api.list('customers', {
    per_page: String(PAGE_MOST),
    page: String(page),
    role: 'all',
    ...order,
  });
  const news = items.filter(
    (item) => sinceMs === undefined || (gmtOf(item['date_created_gmt']) ?? 0) >= sinceMs - SECOND_MS,
  );
  const records = news.flatMap((item) =>
    readAll(() => [{ kind: 'customer' as const, customer: readWooCustomer(item, context) }]),
  );
  const isLast = items.length < PAGE_MOST || news.length < items.length;
  return { records, next: isLast ? undefined : { page: page + 1 }, restMs: 0 };
}

/** One that is not as documented must not hold up all others; its webhook is set aside with the reason. */
function readAll(read: () => readonly ShopRecord[]): readonly ShopRecord[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnfitPayload) return [];
    throw error;
  }
}

/**
 * What was asked for was so when the shop answered, by its own clock. Of stock that is all that is known: a sale takes it without
 * touching the date of the product.
 */
function asOf(records: readonly ShopRecord[], at: number | undefined): ShopRecord[] {
  if (at === undefined) return [...records];
  return refineVersions(records, { triggeredAtMs: undefined, answeredAtMs: at }).map((record) =>
    record.kind === 'level' ? { ...record, level: { ...record.level, atMs: Math.max(record.level.atMs, at) } } : record,
  );
}
