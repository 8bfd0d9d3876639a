import { getDirectiveValues, type GraphQLResolveInfo } from 'graphql';
import { badRequest, type ConnectionArgs, connectionOf } from './graphql-connection.ts';
import { GraphqlNodes, numberOf } from './graphql-nodes.ts';
import { financialStatusOf } from './order-money.ts';
import { type SetQuantitiesAnswer, type SetQuantitiesInput, setQuantities } from './set-quantities.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import type { ShopifySubscription, ShopifyWebhooks } from './shopify-webhooks.ts';
import { SHOPIFY_TOPICS, topicEnum } from './topics.data.ts';

interface Of {
  readonly shop: ShopifyShop;
  readonly webhooks: ShopifyWebhooks;
}

/** What was answered under an idempotency key, and to what. */
interface Answered {
  readonly asked: string;
  readonly answer: SetQuantitiesAnswer;
}

/** What queries and mutations begin with, by version. */
export function createGraphqlRoot(of: Of): (version: string) => object {
  const answered = new Map<string, Answered>();
  return (version) => ({
    ...queries(of),
    ...webhookMutations(of, version),
    ...stockMutations(of, { version, answered }),
  });
}

function queries({ shop, webhooks }: Of): object {
  const { state, identity } = shop;
  const nodes = new GraphqlNodes(shop);
  const found =
    <T>(things: ReadonlyMap<string, T>, present: (one: T) => object) =>
    ({ id }: { id: string }) => {
      const one = things.get(numberOf(id));
      return one && present(one);
    };
  return {
    shop: {
      id: `gid://shopify/Shop/${identity.id}`,
      name: identity.name,
      myshopifyDomain: identity.domain,
      currencyCode: identity.currency,
    },
    product: found(state.products, (one) => nodes.product(one)),
    products: (args: ConnectionArgs) =>
      connectionOf(
        [...state.products.values()].map((product) => ({ ...product, product, words: { status: product.status } })),
        args,
        ({ product }) => nodes.product(product),
      ),
    productVariant: ({ id }: { id: string }) => {
      for (const product of state.products.values()) {
        const variant = product.variants.find((one) => one.id === numberOf(id));
        if (variant !== undefined) return nodes.variant(product, variant);
      }
      return undefined;
    },
    order: found(state.orders, (one) => nodes.order(one)),
    orders: (args: ConnectionArgs) =>
      connectionOf(
        [...state.orders.values()].map((order) => ({
          ...{ id: order.id, createdAtMs: order.createdAtMs, updatedAtMs: order.updatedAtMs, order },
          words: { financial_status: financialStatusOf(order), name: `#${order.number}`, email: order.email },
        })),
        args,
        ({ order }) => nodes.order(order),
      ),
    customer: found(state.customers, (one) => nodes.customer(one)),
    customers: (args: ConnectionArgs) =>
      connectionOf(
        [...state.customers.values()].map((customer) => ({ ...customer, customer, words: { email: customer.email } })),
        args,
        ({ customer }) => nodes.customer(customer),
      ),
    location: found(state.locations, (one) => nodes.location(one)),
    locations: (args: ConnectionArgs) => connectionOf(state.locations.values(), args, (one) => nodes.location(one)),
    inventoryItem: found(state.items, (one) => nodes.item(one)),
    inventoryItems: (args: ConnectionArgs) =>
      connectionOf(
        [...state.items.values()].map((item) => ({ ...item, item, words: { sku: item.sku } })),
        args,
        ({ item }) => nodes.item(item),
      ),
    webhookSubscription: found(webhooks.subscriptions, presentSubscription),
    webhookSubscriptions: (args: ConnectionArgs & { topics?: readonly string[] | null }) =>
      connectionOf(
        // Those of the app's own settings are not listed.
        [...webhooks.subscriptions.values()]
          .filter(({ isFromApi, topic }) => isFromApi && (args.topics?.includes(topicEnum(topic)) ?? true))
          .map((one) => ({ ...one, updatedAtMs: one.createdAtMs })),
        args,
        presentSubscription,
      ),
  };
}

function presentSubscription({ id, topic, uri, createdAtMs }: ShopifySubscription): object {
  const createdAt = new Date(createdAtMs).toISOString();
  return {
    ...{
      id: `gid://shopify/WebhookSubscription/${id}`,
      topic: topicEnum(topic),
      format: 'JSON',
      callbackUrl: uri,
      uri,
    },
    ...{ createdAt, updatedAt: createdAt },
  };
}

interface SubscribeArgs {
  readonly topic: string;
  readonly webhookSubscription: { readonly callbackUrl?: string; readonly uri?: string };
}

function webhookMutations({ webhooks }: Of, version: string): object {
  return {
    webhookSubscriptionCreate: ({ topic: name, webhookSubscription: given }: SubscribeArgs) => {
      const field = given.uri === undefined ? 'callbackUrl' : 'uri';
      const refused = (message: string) => ({
        webhookSubscription: null,
        userErrors: [{ field: ['webhookSubscription', field], message }],
      });
      const uri = given.uri ?? given.callbackUrl ?? '';
      // On loopback there is no TLS: `http:` is taken, which Shopify would not.
      if (!/^https?:\/\//.test(uri)) return refused('Address is invalid');
      const topic = SHOPIFY_TOPICS.find((one) => topicEnum(one) === name) ?? name;
      const made = webhooks.subscribe({ topic, uri, apiVersion: version, isFromApi: true });
      return made === undefined
        ? refused('Address for this topic has already been taken')
        : { webhookSubscription: presentSubscription(made), userErrors: [] };
    },
    webhookSubscriptionDelete: ({ id }: { id: string }) =>
      webhooks.subscriptions.delete(numberOf(id))
        ? { deletedWebhookSubscriptionId: id, userErrors: [] }
        : {
            deletedWebhookSubscriptionId: null,
            userErrors: [{ field: ['id'], message: 'Webhook subscription does not exist' }],
          },
  };
}

function stockMutations(
  { shop }: Of,
  { version, answered }: { version: string; answered: Map<string, Answered> },
): object {
  return {
    inventorySetQuantities: (
      { input }: { input: SetQuantitiesInput },
      _context: unknown,
      info: GraphQLResolveInfo,
    ): SetQuantitiesAnswer => {
      const key = idempotencyKey(version, info);
      if (key === undefined) return setQuantities(shop, input, version);
      const asked = JSON.stringify(input);
      const known = answered.get(key);
      if (known !== undefined && known.asked !== asked) {
        const message = 'The same idempotency key cannot be used with different operation parameters.';
        return {
          inventoryAdjustmentGroup: null,
          userErrors: [{ code: 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH', field: [], message }],
        };
      }
      const answer = known?.answer ?? setQuantities(shop, input, version);
      // What was refused may be asked again.
      if (answer.userErrors.length === 0) answered.set(key, { asked, answer });
      return answer;
    },
  };
}

/** The key a mutation is made idempotent with; from 2026-04 on it must be given. */
function idempotencyKey(version: string, info: GraphQLResolveInfo): string | undefined {
  const directive = info.schema.getDirective('idempotent');
  const [node] = info.fieldNodes;
  const key = directive && node && getDirectiveValues(directive, node, info.variableValues)?.['key'];
  if (typeof key === 'string') return key;
  if (version >= '2026-04')
    throw badRequest('The @idempotent directive is required for this mutation but was not provided.');
  return undefined;
}
