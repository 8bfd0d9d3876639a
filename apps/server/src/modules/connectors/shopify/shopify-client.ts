import type { Json, JsonObject } from '../../../platform/json.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import type {
  ConnectorSecrets,
  ConnectorSettings,
  NormaliseContext,
  PageQuery,
  ShopClient,
  ShopPage,
  ShopResource,
} from '../connector.ts';
import { idOf, objectOf, objectsOf, textOf, UnfitPayload } from '../payload.ts';
import { refineVersions } from '../refine-versions.ts';
import type { ShopRecord } from '../records.ts';
import { openShopifyApi, type ShopifyApi } from './shopify-api.ts';
import { readShopifyCustomer } from './shopify-customer.ts';
import { readShopifyOrder } from './shopify-order.ts';
import { readShopifyProduct } from './shopify-product.ts';
import { pushShopifyStock } from './shopify-push.ts';
import { readShopifyLevel, readShopifyLocation } from './shopify-stock.ts';
import { mendShopifyWebhooks } from './shopify-webhooks.ts';

const PAGE_MOST = 250;
/** `inventory_levels.json` takes so many places at a time. */
const LOCATIONS_MOST = 50;

type Read = (payload: Json, context: NormaliseContext) => ShopRecord;

/** What each page is asked by, and what becomes of its items: they have the shape of webhooks, and are read by the same readers. */
const READS: Readonly<Record<ShopResource, { readonly name: string; readonly read: Read }>> = {
  locations: {
    name: 'locations',
    read: (one, context) => ({ kind: 'location', location: readShopifyLocation(one, context, true) }),
  },
  products: {
    name: 'products',
    read: (one, context) => ({ kind: 'product', product: readShopifyProduct(one, context) }),
  },
  customers: {
    name: 'customers',
    read: (one, context) => ({ kind: 'customer', customer: readShopifyCustomer(one, context) }),
  },
  orders: { name: 'orders', read: (one, context) => ({ kind: 'order', order: readShopifyOrder(one, context) }) },
  levels: {
    name: 'inventory_levels',
    read: (one, context) => ({ kind: 'level', level: readShopifyLevel(one, context, false) }),
  },
};

/** Asks a Shopify shop: REST for what changed, GraphQL for what is told to it. */
export function createShopifyClient(own: {
  readonly outbound: Outbound;
  readonly secrets: ConnectorSecrets;
  readonly settings: ConnectorSettings;
  readonly account: string;
  readonly now: () => number;
}): ShopClient {
  const api = openShopifyApi(own);
  return {
    resources: ['locations', 'products', 'customers', 'orders', 'levels'],
    page: (query) =>
      readPage(api, query, { settings: own.settings, triggeredAtMs: undefined, receivedAtMs: own.now() }),
    async check() {
      const { body } = await api.get('shop.json', {});
      const shop = objectOf(body['shop']);
      const currency = textOf(shop?.['currency']);
      const name = textOf(shop?.['name']) ?? own.account;
      return currency === undefined || currency === own.settings.currency
        ? name
        : `${name}; its currency is ${currency}, and the connector says ${own.settings.currency}: change it`;
    },
    pushStock: (pushes) => pushShopifyStock(api, pushes),
    mendWebhooks: (hookUrl) => mendShopifyWebhooks(api, hookUrl),
  };
}

async function readPage(api: ShopifyApi, query: PageQuery, context: NormaliseContext): Promise<ShopPage> {
  const { name, read } = READS[query.resource];
  const filter = await filterOf(api, query);
  if (filter === undefined) return { records: [], next: undefined, restMs: 0 };
  const { body, nextPage, restMs, at } = await api.get(`${name}.json`, filter);
  const records = objectsOf(body[name]).flatMap((one): ShopRecord[] => {
    try {
      return [read(one, context)];
    } catch (error) {
      // One that is not as documented must not hold up all others; its webhook is set aside with the reason.
      if (error instanceof UnfitPayload) return [];
      throw error;
    }
  });
  const from = query.place?.['from'];
  const next =
    nextPage === undefined ? nextPlaces(query, filter) : { page: nextPage, ...(from !== undefined && { from }) };
  return { records: refineVersions(records, { ...context, answeredAtMs: at }), next, restMs };
}

/** A page names itself wholly: beside it no filter is allowed. Undefined: there is nothing to ask for. */
async function filterOf(api: ShopifyApi, query: PageQuery): Promise<Record<string, string> | undefined> {
  const { resource, sinceMs, placed, place } = query;
  const limit = String(PAGE_MOST);
  const page = textOf(place?.['page']);
  if (page !== undefined) return { limit, page_info: page };
  const since: Record<string, string> =
    sinceMs === undefined ? {} : { updated_at_min: new Date(sinceMs).toISOString() };
  switch (resource) {
    case 'locations':
      return {};
    case 'levels': {
      const ids = await locationIds(api);
      const from = Number(place?.['from'] ?? 0);
      const some = ids.slice(from, from + LOCATIONS_MOST);
      return some.length === 0 ? undefined : { limit, location_ids: some.join(','), ...since };
    }
    case 'orders': {
      const range = placed === undefined ? since : placedIn(placed);
      return { limit, status: 'any', ...range };
    }
    default:
      return { limit, ...since };
  }
}

function placedIn({ fromMs, toMs }: { fromMs: number; toMs: number }): Record<string, string> {
  return {
    processed_at_min: new Date(fromMs).toISOString(),
    // Both ends count.
    processed_at_max: new Date(toMs - 1).toISOString(),
  };
}

async function locationIds(api: ShopifyApi): Promise<string[]> {
  const { body } = await api.get('locations.json', {});
  return objectsOf(body['locations']).flatMap((one) => idOf(one['id']) ?? []);
}

/** Levels of more places than one call takes. */
function nextPlaces({ resource, place }: PageQuery, filter: Record<string, string>): JsonObject | undefined {
  const asked =
    filter['location_ids']?.split(',').length ?? (textOf(place?.['page']) === undefined ? 0 : LOCATIONS_MOST);
  if (resource !== 'levels' || asked < LOCATIONS_MOST) return undefined;
  return { from: Number(place?.['from'] ?? 0) + LOCATIONS_MOST };
}
