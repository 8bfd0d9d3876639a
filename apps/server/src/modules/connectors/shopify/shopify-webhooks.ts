import type { JsonObject } from '../../../platform/json.ts';
import { ShopFault } from '../connector.ts';
import { objectOf, objectsOf, textOf } from '../payload.ts';
import type { ShopifyApi } from './shopify-api.ts';
import { SHOPIFY_TOPICS } from './shopify-connector.ts';

const URI_VERSION = '2025-10';
const PAGES_MOST = 10;

/**
 * Sees to it that the shop sends every topic here: an API's subscription is deleted after eight failures in a row, and nobody says
 * so. Answers what had to be mended; a topic the app may not have is named with what the shop said.
 */
export async function mendShopifyWebhooks(api: ShopifyApi, hookUrl: string): Promise<string[]> {
  const field = api.version >= URI_VERSION ? 'uri' : 'callbackUrl';
  const there = await listTopics(api, { field, hookUrl });
  const mended: string[] = [];
  for (const topic of SHOPIFY_TOPICS.filter((one) => !there.has(enumOf(one)))) {
    const fault = await subscribe(api, { topic, webhook: { [field]: hookUrl, format: 'JSON' } });
    mended.push(fault === undefined ? topic : `${topic}: ${fault}`);
  }
  return mended;
}

/** Answers why not: a topic this version does not know stops no other. */
async function subscribe(
  api: ShopifyApi,
  { topic, webhook }: { topic: string; webhook: JsonObject },
): Promise<string | undefined> {
  try {
    const data = await api.graphql(
      `mutation Subscribe($topic: WebhookSubscriptionTopic!, $webhook: WebhookSubscriptionInput!) {
        webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhook) {
          webhookSubscription { id } userErrors { field message } } }`,
      { topic: enumOf(topic), webhook },
    );
    const [fault] = objectsOf(objectOf(data['webhookSubscriptionCreate'])?.['userErrors']);
    return fault === undefined ? undefined : (textOf(fault['message']) ?? 'refused');
  } catch (error) {
    if (error instanceof ShopFault && error.isOfQuestion) return error.message;
    throw error;
  }
}

async function listTopics(api: ShopifyApi, of: { field: string; hookUrl: string }): Promise<Set<string>> {
  const topics = new Set<string>();
  let after: string | null = null;
  for (let page = 0; page < PAGES_MOST; page++) {
    const data = await api.graphql(
      `query Subscriptions($after: String) { webhookSubscriptions(first: 250, after: $after) {
        nodes { id topic ${of.field} } pageInfo { hasNextPage endCursor } } }`,
      { after },
    );
    const list = objectOf(data['webhookSubscriptions']);
    for (const one of objectsOf(list?.['nodes'])) {
      if (textOf(one[of.field]) === of.hookUrl) topics.add(textOf(one['topic']) ?? '');
    }
    const info = objectOf(list?.['pageInfo']);
    if (info?.['hasNextPage'] !== true) return topics;
    after = textOf(info['endCursor']) ?? null;
  }
  return topics;
}

/** `orders/partially_fulfilled` is `ORDERS_PARTIALLY_FULFILLED`. */
function enumOf(topic: string): string {
  return topic.toUpperCase().replaceAll('/', '_');
}
