import { toDecimal } from '../twin/decimal.ts';
import type { ApiReply, ApiRequest } from '../twin/serve-api.ts';
import { instantText } from './instant.ts';
import { type PageInfo, readPageInfo, writePageInfo } from './page-info.ts';
import { presentRefund } from './present-order.ts';
import { presentLocation } from './present-stock.ts';
import { compareIds, type Filters, listed, REST_LISTS } from './rest-lists.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import { type ShopifyObject, writeJson } from './write-json.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MOST = 250;
/** What may stand beside a cursor. */
const WITH_PAGE_INFO: ReadonlySet<string> = new Set(['limit', 'fields', 'page_info']);

export interface RestCall {
  readonly shop: ShopifyShop;
  readonly request: ApiRequest;
  /** `orders.json`, `orders/1/refunds.json`. */
  readonly path: string;
}

const ok = (body: ShopifyObject, headers: Record<string, string> = {}): ApiReply => ({
  status: 200,
  body: writeJson(body),
  headers,
});
const refuse = (status: number, errors: string | ShopifyObject): ApiReply => ({ status, body: writeJson({ errors }) });

/** Answers a `GET` of the REST Admin API. */
export function answerRest(call: RestCall): ApiReply {
  const { shop, path } = call;
  const names = path.replace(/\.json$/, '').split('/');
  const [name = '', id, sub] = names;
  if (path === 'shop.json') return ok({ shop: presentShop(shop) });
  if (path === 'locations.json') {
    const locations = [...shop.state.locations.values()].map((one) => presentLocation(shop.identity, one));
    return ok({ locations });
  }
  const list = Object.hasOwn(REST_LISTS, name) ? REST_LISTS[name] : undefined;
  if (list === undefined) return refuse(404, 'Not Found');
  if (id === undefined) return answerList(call, name);
  if (id === 'count') {
    const { limit: _limit, ...filters } = Object.fromEntries(call.request.query);
    return ok({ count: listed(list(shop), withDefaults(name, filters)).length });
  }
  const order = name === 'orders' ? shop.state.orders.get(id) : undefined;
  if (sub === 'refunds' && order !== undefined)
    return ok({ refunds: order.refunds.map((one) => presentRefund(shop, order, one)) });
  const one = sub === undefined ? list(shop).find((candidate) => candidate.id === id) : undefined;
  return one === undefined ? refuse(404, 'Not Found') : ok({ [name.replace(/s$/, '')]: one.present() });
}

/** Without a status only open orders are listed. */
const withDefaults = (name: string, filters: Filters): Filters =>
  name === 'orders' ? { status: 'open', ...filters } : filters;

function answerList({ shop, request, path }: RestCall, name: string): ApiReply {
  const { query } = request;
  const limit = Number(query.get('limit') ?? LIMIT_DEFAULT);
  if (!Number.isInteger(limit) || limit < 0 || limit > LIMIT_MOST) return refuse(400, { limit: 'is invalid' });
  const place = placeOf(query, name);
  if (place.kind === 'refused') return place.reply;
  const { filters, lastId } = place.info;
  if (
    name === 'inventory_levels' &&
    filters['location_ids'] === undefined &&
    filters['inventory_item_ids'] === undefined
  )
    return refuse(422, { inventory_item_ids: ['must be provided or location_ids must be provided'] });
  const all = listed(REST_LISTS[name]!(shop), filters).filter(({ id }) => compareIds(id, lastId) > 0);
  const page = all.slice(0, limit);
  const last = page.at(-1);
  const link =
    all.length > limit && last !== undefined
      ? { link: `<${linkTo(request, { path, limit, info: { lastId: last.id, filters } })}>; rel="next"` }
      : {};
  return ok({ [name]: page.map((one) => one.present()) }, link);
}

type Place =
  | { readonly kind: 'place'; readonly info: PageInfo }
  | { readonly kind: 'refused'; readonly reply: ApiReply };

function placeOf(query: URLSearchParams, name: string): Place {
  const given = query.get('page_info');
  if (given === null) {
    const { limit: _limit, fields: _fields, since_id: lastId = '0', ...filters } = Object.fromEntries(query);
    return { kind: 'place', info: { lastId, filters: withDefaults(name, filters) } };
  }
  const [extra] = [...query.keys()].filter((key) => !WITH_PAGE_INFO.has(key));
  if (extra !== undefined)
    return { kind: 'refused', reply: refuse(400, { [extra]: `${extra} cannot be passed when page_info is present` }) };
  const info = readPageInfo(given);
  return info === undefined
    ? { kind: 'refused', reply: refuse(400, { page_info: 'Invalid value.' }) }
    : { kind: 'place', info };
}

function linkTo(request: ApiRequest, { path, limit, info }: { path: string; limit: number; info: PageInfo }): string {
  const base = `http://${request.headers.host ?? '127.0.0.1'}${request.path.slice(0, -path.length)}`;
  return `${base}${path}?limit=${limit}&page_info=${writePageInfo(info)}`;
}

function presentShop({ identity }: ShopifyShop): ShopifyObject {
  const { id, name, domain, currency, utcOffsetMinutes } = identity;
  return {
    ...{ id: BigInt(id), name, email: `owner@${domain.replace(/\..*/, '')}.example`, domain, myshopify_domain: domain },
    ...{ currency, enabled_presentment_currencies: [currency], money_format: `${toDecimal(0, currency)} ${currency}` },
    ...{ created_at: instantText(0, utcOffsetMinutes), updated_at: instantText(0, utcOffsetMinutes) },
    ...{ iana_timezone: 'Etc/UTC', plan_name: 'basic', primary_locale: 'en', taxes_included: false },
  };
}
