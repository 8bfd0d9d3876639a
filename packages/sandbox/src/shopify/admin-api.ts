import type { SandboxClock } from '../sandbox-clock.ts';
import type { ApiReply, ApiRequest } from '../twin/serve-api.ts';
import { createGraphqlApi } from './graphql-api.ts';
import { LeakyBucket } from './rate-limits.ts';
import { answerRest } from './rest-api.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import type { ShopifyWebhooks } from './shopify-webhooks.ts';
import { writeJson } from './write-json.ts';

const PATH = /^\/admin\/api\/(\d{4}-\d{2}|unstable)\/(.+)$/;
const REST_LIMIT = { size: 40, leaksPerSecond: 2 };
const GRAPHQL_LIMIT = { size: 2_000, leaksPerSecond: 100 };
const ENDLESS = { size: 1e12, leaksPerSecond: 1 };

export interface AdminApiOptions {
  readonly shop: ShopifyShop;
  readonly webhooks: ShopifyWebhooks;
  readonly clock: SandboxClock;
  readonly accessToken: string;
  /** Whether calls are limited by the clock, as in the real world. */
  readonly isThrottled: boolean;
}

/** The Admin API of one shop: REST and GraphQL, each with its own limit. */
export function createAdminApi(options: AdminApiOptions): (request: ApiRequest) => Promise<ApiReply> {
  const { shop, webhooks, clock, accessToken, isThrottled } = options;
  const rest = new LeakyBucket(clock, isThrottled ? REST_LIMIT : ENDLESS);
  const points = new LeakyBucket(clock, isThrottled ? GRAPHQL_LIMIT : ENDLESS);
  const graphql = createGraphqlApi({ shop, webhooks, points });
  return async (request) => {
    const [, version, path] = PATH.exec(request.path) ?? [];
    if (version === undefined || path === undefined) return { status: 404, body: writeJson({ errors: 'Not Found' }) };
    if (request.headers['x-shopify-access-token'] !== accessToken)
      return {
        status: 401,
        body: writeJson({ errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' }),
      };
    const said = { 'x-shopify-api-version': version };
    if (path === 'graphql.json' && request.method === 'POST') {
      const reply = await graphql(version, request.body);
      return { ...reply, headers: { ...reply.headers, ...said } };
    }
    if (!rest.pour(1))
      return {
        status: 429,
        body: writeJson({
          errors: 'Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service.',
        }),
        headers: { ...said, 'retry-after': '2.0', 'x-shopify-shop-api-call-limit': `${rest.size}/${rest.size}` },
      };
    if (request.method !== 'GET') return { status: 405, body: writeJson({ errors: 'Method Not Allowed' }) };
    const reply = answerRest({ shop, request, path });
    const limit = `${Math.ceil(rest.used)}/${rest.size}`;
    return { ...reply, headers: { ...reply.headers, ...said, 'x-shopify-shop-api-call-limit': limit } };
  };
}
