import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import { answeredAt, callShop, type ShopAnswer } from '../call-shop.ts';
import { type ConnectorSecrets, type ConnectorSettings, ShopFault } from '../connector.ts';
import { parseLossless } from '../lossless-json.ts';
import { objectOf, objectsOf, textOf } from '../payload.ts';

export const SHOPIFY_VERSION_DEFAULT = '2026-10';
const THROTTLED_MS = 2_000;

/** The Admin API of one shop, in the version the workspace chose. */
export interface ShopifyApi {
  readonly version: string;
  /** REST: the same shapes as webhooks have. */
  get(
    path: string,
    query: Readonly<Record<string, string>>,
  ): Promise<{ body: JsonObject; nextPage: string | undefined; restMs: number; at: number | undefined }>;
  graphql(query: string, variables: JsonObject): Promise<JsonObject>;
}

export function openShopifyApi(own: {
  readonly outbound: Outbound;
  readonly secrets: ConnectorSecrets;
  readonly settings: ConnectorSettings;
  readonly account: string;
}): ShopifyApi {
  const { outbound, secrets, settings, account } = own;
  const version = settings.apiVersion ?? SHOPIFY_VERSION_DEFAULT;
  const base = `${settings.apiUrl ?? `https://${account}`}/admin/api/${version}`;
  const headers = { 'x-shopify-access-token': secrets.accessToken ?? '' };
  return {
    version,
    async get(path, query) {
      const answer = await callShop(outbound, {
        url: `${base}/${path}?${new URLSearchParams(query).toString()}`,
        headers,
      });
      return { body: bodyOf(answer), nextPage: nextPageOf(answer), restMs: restOf(answer), at: answeredAt(answer) };
    },
    async graphql(query, variables) {
      const body = JSON.stringify({ query, variables });
      const answer = await callShop(outbound, { method: 'POST', url: `${base}/graphql.json`, headers, body });
      return dataOf(bodyOf(answer));
    },
  };
}

function bodyOf(answer: ShopAnswer): JsonObject {
  let body: Json;
  try {
    body = parseLossless(answer.text);
  } catch {
    throw new ShopFault('the shop answered something that is no JSON');
  }
  if (isJsonObject(body)) return body;
  throw new ShopFault('the shop answered something that is no object');
}

/** `Link: <…page_info=abc…>; rel="next"` (shopify.dev, "Paginate results with REST"). */
function nextPageOf({ headers }: ShopAnswer): string | undefined {
  const link = String(headers['link'] ?? '');
  const url = /<([^>]+)>;\s*rel="?next"?/.exec(link)?.[1];
  return url === undefined || !URL.canParse(url)
    ? undefined
    : (new URL(url).searchParams.get('page_info') ?? undefined);
}

/** `32/40` calls of the bucket are used, and two leak out a second: near its rim there is time to wait. */
function restOf({ headers }: ShopAnswer): number {
  const [used, most] = String(headers['x-shopify-shop-api-call-limit'] ?? '')
    .split('/')
    .map(Number);
  return used !== undefined && most !== undefined && used > most * 0.8 ? 1_000 : 0;
}

/** GraphQL says its faults with status 200. */
function dataOf(body: JsonObject): JsonObject {
  const [fault] = objectsOf(body['errors']);
  const data = objectOf(body['data']);
  if (fault === undefined && data !== undefined) return data;
  const code = textOf(objectOf(fault?.['extensions'])?.['code']);
  const message = textOf(fault?.['message']) ?? textOf(body['errors']) ?? 'no data';
  if (code === 'THROTTLED') throw new ShopFault('the shop asks to wait', { retryAfterMs: THROTTLED_MS });
  const isFinal = code !== 'INTERNAL_SERVER_ERROR';
  throw new ShopFault(`the shop refused the query: ${message.slice(0, 300)}`, { isFinal, isOfQuestion: isFinal });
}
