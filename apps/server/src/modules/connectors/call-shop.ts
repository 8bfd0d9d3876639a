import type { Outbound } from '../../platform/outbound/index.ts';
import { ShopFault } from './connector.ts';

/** What a shop answered: 2xx, whole. */
export interface ShopAnswer {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly status: number;
}

export interface ShopCall {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const TIMEOUT_MS = 30_000;
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;
const REST_MS_DEFAULT = 10_000;
const REST_MS_MAX = 15 * 60_000;
/** So much of what a shop says about a fault is kept. */
const SAID_CHARS_MAX = 200;

/** Calls a shop: with a time limit, to public addresses only. Throws `ShopFault`, which says when to ask again. */
export async function callShop(outbound: Outbound, call: ShopCall): Promise<ShopAnswer> {
  const result = await outbound.request({
    url: call.url,
    ...(call.method !== undefined && { method: call.method }),
    headers: { accept: 'application/json', ...(call.body !== undefined && JSON_BODY), ...call.headers },
    ...(call.body !== undefined && { body: call.body }),
    ...{ timeoutMs: TIMEOUT_MS, responseBytesMax: ANSWER_BYTES_MAX },
  });
  if (result.kind === 'refused')
    throw new ShopFault(`the shop must not be called: ${result.reason}`, { isFinal: true });
  if (result.kind === 'failed') throw new ShopFault(`the shop did not answer: ${result.reason} (${result.detail})`);
  const text = result.body.toString('utf8');
  const { status, headers } = result;
  if (status >= 200 && status < 300) {
    if (result.isCut) throw new ShopFault('the answer of the shop broke off, or was longer than 32 MB');
    return { headers, text, status };
  }
  throw faultOf({ status, text, retryAfter: headers['retry-after'] });
}

/** By the shop's own clock; undefined: it does not say. */
export function answeredAt({ headers }: Pick<ShopAnswer, 'headers'>): number | undefined {
  const { date } = headers;
  const at = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

const JSON_BODY = { 'content-type': 'application/json' };

function faultOf({
  status,
  text,
  retryAfter,
}: {
  status: number;
  text: string;
  retryAfter: string | undefined;
}): ShopFault {
  const said = text.replaceAll(/\s+/g, ' ').slice(0, SAID_CHARS_MAX);
  if (status === 429 || status === 503) {
    return new ShopFault(`the shop asks to wait (${status})`, { retryAfterMs: restOf(retryAfter) });
  }
  if (status === 401 || status === 403) {
    return new ShopFault(
      `the shop refuses the key (${status}): check that it holds and may read what is asked: ${said}`,
      {
        isFinal: true,
      },
    );
  }
  if (status === 404) return new ShopFault('there is nothing at this address of the shop (404)', { isFinal: true });
  return new ShopFault(`the shop answered ${status}: ${said}`, { isFinal: status >= 300 && status < 500 });
}

/** `Retry-After` in seconds (RFC 9110 §10.2.3); Shopify writes fractions. */
function restOf(retryAfter: string | undefined): number {
  const seconds = Number(retryAfter);
  if (retryAfter === undefined || !Number.isFinite(seconds) || seconds < 0) return REST_MS_DEFAULT;
  return Math.min(REST_MS_MAX, Math.ceil(seconds * 1_000));
}
