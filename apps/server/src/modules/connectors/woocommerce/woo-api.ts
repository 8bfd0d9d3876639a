import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import { answeredAt, callShop } from '../call-shop.ts';
import { type ConnectorSecrets, type ConnectorSettings, ShopFault } from '../connector.ts';
import { parseLossless } from '../lossless-json.ts';

/** The REST API v3 of one shop, under a consumer key. */
export interface WooApi {
  /** `at`: what the shop's own clock says. */
  list(path: string, query: Readonly<Record<string, string>>): Promise<{ items: JsonObject[]; at: number | undefined }>;
  get(path: string): Promise<{ body: JsonObject; at: number | undefined }>;
  send(method: 'POST' | 'PUT', path: string, body: JsonObject): Promise<JsonObject>;
}

export function openWooApi(own: {
  readonly outbound: Outbound;
  readonly secrets: ConnectorSecrets;
  readonly settings: ConnectorSettings;
  readonly account: string;
}): WooApi {
  const base = `${own.settings.apiUrl ?? own.account}/wp-json/wc/v3`;
  const { consumerKey = '', consumerSecret = '' } = own.secrets;
  const authorization = `Basic ${Buffer.from(`${consumerKey}:${consumerSecret}`).toString('base64')}`;
  const call = async (url: string, sent: { method?: 'POST' | 'PUT'; body?: string } = {}) => {
    const answer = await callShop(own.outbound, { url, headers: { authorization }, ...sent });
    return { json: parse(answer.text), at: answeredAt(answer) };
  };
  return {
    async list(path, query) {
      const { json, at } = await call(`${base}/${path}?${new URLSearchParams(query).toString()}`);
      if (!Array.isArray(json)) throw new ShopFault('the shop answered something that is no list');
      return { items: json.filter(isJsonObject), at };
    },
    async get(path) {
      const { json, at } = await call(`${base}/${path}`);
      return { body: requireObject(json), at };
    },
    send: async (method, path, body) =>
      requireObject((await call(`${base}/${path}`, { method, body: JSON.stringify(body) })).json),
  };
}

function parse(text: string): Json {
  try {
    return parseLossless(text);
  } catch {
    throw new ShopFault('the shop answered something that is no JSON: is the address that of WordPress?');
  }
}

function requireObject(json: Json): JsonObject {
  if (isJsonObject(json)) return json;
  throw new ShopFault('the shop answered something that is no object');
}
