import type { ApiReply, ApiRequest } from '../twin/serve-api.ts';
import { presentRefund } from './present-order.ts';
import { dates, links } from './present-woo.ts';
import { changePrice, setStock } from './product-verbs.ts';
import { findPayload, goneOf } from './resource-payload.ts';
import { type WooListed, wooList, wooPage, wooVariations } from './rest-lists.ts';
import type { WooResource, WooShop } from './woo-shop.ts';
import { WOO_TOPICS, type WooWebhook, type WooWebhooks } from './woo-webhooks.ts';

const PREFIX = '/wp-json/wc/v3/';

export interface WooApiOptions {
  readonly shop: WooShop;
  readonly webhooks: WooWebhooks;
  readonly consumerKey: string;
  readonly consumerSecret: string;
}

type Body = Readonly<Record<string, unknown>>;

const ok = (body: unknown, status = 200, headers: Record<string, string> = {}): ApiReply => ({
  status,
  body: JSON.stringify(body),
  headers,
});
const refuse = (status: number, code: string, message: string): ApiReply =>
  ok({ code, message, data: { status } }, status);
const noRoute = (): ApiReply => refuse(404, 'rest_no_route', 'No route was found matching the URL and request method.');
const gone = (resource: WooResource): ApiReply => ok(goneOf(resource), 404);

/** The REST API v3 of one shop. Basic authentication is taken on loopback without TLS, which WooCommerce would not. */
export function createWooApi(options: WooApiOptions): (request: ApiRequest) => ApiReply | Promise<ApiReply> {
  const { consumerKey, consumerSecret } = options;
  const wanted = `Basic ${Buffer.from(`${consumerKey}:${consumerSecret}`).toString('base64')}`;
  return (request) => {
    if (!request.path.startsWith(PREFIX)) return noRoute();
    if (request.headers.authorization === undefined)
      return refuse(401, 'woocommerce_rest_cannot_view', 'Sorry, you cannot list resources.');
    if (request.headers.authorization !== wanted)
      return refuse(401, 'woocommerce_rest_authentication_error', 'Consumer key is invalid.');
    const path = request.path.slice(PREFIX.length).replace(/\/$/, '').split('/');
    const body = readBody(request);
    if (body === undefined) return refuse(400, 'rest_invalid_json', 'Invalid JSON body passed.');
    if (path[0] === 'webhooks') return answerWebhooks(options, { request, path, body });
    if (request.method === 'GET') return answerGet(options.shop, request, path);
    return request.method === 'PUT' && path[0] === 'products' ? putProduct(options.shop, path, body) : noRoute();
  };
}

function readBody({ body }: ApiRequest): Body | undefined {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8')) as Body;
  } catch {
    return undefined;
  }
}

const RESOURCES: Readonly<Record<string, WooResource>> = {
  ...{ orders: 'order', products: 'product', customers: 'customer', coupons: 'coupon' },
};

function answerGet(shop: WooShop, request: ApiRequest, path: readonly string[]): ApiReply {
  const [name = '', id, sub, subId] = path;
  if (path.join('/') === 'data/currencies/current')
    return ok({ code: shop.identity.currency, name: shop.identity.currency, symbol: '' });
  const resource = Object.hasOwn(RESOURCES, name) ? RESOURCES[name] : undefined;
  if (resource === undefined) return noRoute();
  if (id === undefined) return answerList(shop, { request, name, all: wooList(shop, name) ?? [] });
  if (sub === undefined) {
    const found = findPayload(shop, resource, Number(id));
    return found === undefined ? gone(resource) : ok(found);
  }
  if (name === 'products' && sub === 'variations') {
    const all = wooVariations(shop, Number(id));
    if (all === undefined) return gone('product');
    if (subId === undefined) return answerList(shop, { request, name: 'variations', all });
    const one = all.find((variation) => variation.id === Number(subId));
    return one === undefined ? gone('product') : ok(one.present());
  }
  const order = name === 'orders' && sub === 'refunds' ? shop.state.orders.get(Number(id)) : undefined;
  if (order === undefined) return noRoute();
  const refunds = order.refunds.map((one) => presentRefund(shop.identity, order, one)).toReversed();
  return ok(refunds, 200, { 'x-wp-total': String(refunds.length), 'x-wp-totalpages': '1' });
}

function answerList(
  shop: WooShop,
  { request, name, all }: { request: ApiRequest; name: string; all: readonly WooListed[] },
): ApiReply {
  const page = wooPage(all, { name, query: request.query, utcOffsetMinutes: shop.identity.utcOffsetMinutes });
  if (page.kind === 'refused') {
    return refuse(400, 'rest_invalid_param', `Invalid parameter(s): ${page.param}`);
  }
  const to = (number: number, rel: string): string[] => {
    if (number < 1 || number > page.pages) return [];
    const query = new URLSearchParams(request.query);
    query.set('page', String(number));
    return [`<${shop.identity.siteUrl}${request.path}?${query.toString()}>; rel="${rel}"`];
  };
  const link = [...to(page.page - 1, 'prev'), ...to(page.page + 1, 'next')].join(', ');
  return ok(
    page.items.map((one) => one.present()),
    200,
    { 'x-wp-total': String(page.total), 'x-wp-totalpages': String(page.pages), ...(link !== '' && { link }) },
  );
}

/** Absolute, and whatever it was before: WooCommerce knows no compare-and-swap. */
function putProduct(shop: WooShop, path: readonly string[], body: Body): ApiReply {
  const [, id, sub, subId] = path;
  const productId = Number(id);
  const variationId = sub === 'variations' ? Number(subId) : 0;
  const product = shop.state.products.get(productId);
  const isThere =
    product !== undefined && (variationId === 0 || product.variations.some((one) => one.id === variationId));
  if (!isThere) return gone('product');
  const { stock_quantity: quantity, regular_price: price, sale_price: salePrice } = body;
  const sellable = variationId === 0 ? product : product.variations.find((one) => one.id === variationId);
  if (body['manage_stock'] === true && sellable !== undefined) sellable.managesStock = true;
  // Without counting it a quantity means nothing.
  if (typeof quantity === 'number' && sellable?.managesStock === true)
    setStock(shop, { productId, variationId, quantity: Math.trunc(quantity) });
  if (typeof price === 'string' || typeof salePrice === 'string')
    changePrice(shop, {
      ...{ productId, variationId },
      ...(typeof price === 'string' && { price }),
      ...(typeof salePrice === 'string' && { salePrice: salePrice === '' ? null : salePrice }),
    });
  return ok(findPayload(shop, 'product', variationId === 0 ? productId : variationId));
}

async function answerWebhooks(
  { shop, webhooks }: WooApiOptions,
  { request, path, body }: { request: ApiRequest; path: readonly string[]; body: Body },
): Promise<ApiReply> {
  const present = (one: WooWebhook): object => presentWebhook(shop, one);
  const text = (name: string): string | undefined => (typeof body[name] === 'string' ? body[name] : undefined);
  const [, given] = path;
  const id = given === undefined ? undefined : Number(given);
  const known = id === undefined ? undefined : webhooks.webhooks.get(id);
  const fields = {
    name: text('name'),
    topic: text('topic'),
    deliveryUrl: text('delivery_url'),
    secret: text('secret'),
  };
  const status = statusOf(text('status'));
  switch (request.method) {
    case 'GET': {
      if (known !== undefined) return ok(present(known));
      if (id !== undefined) return refuse(404, 'woocommerce_rest_shop_webhook_invalid_id', 'Invalid ID.');
      const all = [...webhooks.webhooks.values()].toReversed();
      const perPage = Number(request.query.get('per_page') ?? 10);
      const from = (Number(request.query.get('page') ?? 1) - 1) * perPage;
      const pages = String(Math.ceil(all.length / perPage));
      return ok(all.slice(from, from + perPage).map(present), 200, {
        'x-wp-total': String(all.length),
        'x-wp-totalpages': pages,
      });
    }
    case 'POST': {
      const { topic, deliveryUrl, secret = '' } = fields;
      if (topic === undefined || !(WOO_TOPICS.includes(topic) || topic.startsWith('action.')))
        return refuse(400, 'woocommerce_rest_shop_webhook_invalid_topic', 'Webhook topic must be valid.');
      if (deliveryUrl === undefined || !URL.canParse(deliveryUrl))
        return refuse(
          400,
          'woocommerce_rest_shop_webhook_invalid_delivery_url',
          'Webhook delivery URL must be a valid URL.',
        );
      const made = await webhooks.create({
        topic,
        deliveryUrl,
        secret,
        name: fields.name ?? topic,
        status: status ?? 'active',
      });
      return ok(present(made), 201);
    }
    case 'PUT': {
      const changes = Object.fromEntries(
        Object.entries({ ...fields, status }).filter(([, value]) => value !== undefined),
      );
      const changed = id === undefined ? undefined : webhooks.change(id, changes);
      return changed === undefined
        ? refuse(404, 'woocommerce_rest_shop_webhook_invalid_id', 'Invalid ID.')
        : ok(present(changed));
    }
    case 'DELETE':
      if (known === undefined) return refuse(404, 'woocommerce_rest_shop_webhook_invalid_id', 'Invalid ID.');
      webhooks.webhooks.delete(known.id);
      return ok(present(known));
    default:
      return noRoute();
  }
}

const statusOf = (text: string | undefined): WooWebhook['status'] | undefined =>
  text === 'active' || text === 'paused' || text === 'disabled' ? text : undefined;

function presentWebhook({ identity }: WooShop, one: WooWebhook): object {
  const [resource, event] = one.topic.split('.');
  return {
    ...{ id: one.id, name: one.name, status: one.status, topic: one.topic, resource, event, hooks: [] },
    ...{ delivery_url: one.deliveryUrl, ...dates(identity, 'date_created', one.createdAtMs) },
    ...dates(identity, 'date_modified', one.modifiedAtMs),
    _links: links(identity, `webhooks/${one.id}`),
  };
}
