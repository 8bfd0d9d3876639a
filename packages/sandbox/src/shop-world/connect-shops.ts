import { type ApiClient, findByName } from '../shop/api-client.ts';
import { CURRENCY } from '../shop/catalogue.data.ts';
import type { ShopifyTwin } from '../shopify/index.ts';
import type { WooTwin } from '../woocommerce/index.ts';

interface Connector {
  readonly id: string;
  readonly name: string;
  readonly hookPath: string | null;
}

export interface ConnectedShops {
  /** Of the till system. */
  readonly pos: Connector;
}

const NAMES = {
  shopify: 'Pebble Street web shop',
  woo: 'Pebble Street on the market',
  pos: 'Pebble Street tills',
} as const;

/** Connects the shops over the public API, as a member would; what is connected already stays. Segue subscribes to their webhooks itself. */
export async function connectShops(
  api: ApiClient,
  { shopify, woo }: { readonly shopify: ShopifyTwin; readonly woo: WooTwin },
): Promise<ConnectedShops> {
  const ensure = async (body: { readonly name: string; readonly [field: string]: unknown }): Promise<Connector> =>
    (await findByName<Connector>(api, '/api/v1/connectors', body.name)) ??
    api.post<Connector>('/api/v1/connectors', { currency: CURRENCY, ...body });
  await ensure({
    ...{ kind: 'shopify', name: NAMES.shopify, channel: 'web', pushesStock: true, shopDomain: shopify.domain },
    ...{ clientSecret: shopify.clientSecret, accessToken: shopify.accessToken, apiUrl: shopify.url },
  });
  await ensure({
    ...{ kind: 'woocommerce', name: NAMES.woo, channel: 'marketplace:pebble', pushesStock: true, storeUrl: woo.url },
    ...{ webhookSecret: woo.signingSecret, consumerKey: woo.consumerKey, consumerSecret: woo.consumerSecret },
  });
  return { pos: await ensure({ kind: 'pos', name: NAMES.pos, channel: 'pos' }) };
}

/** Lets the till in, once Segue knows the store it stands in; undefined: not yet. */
export async function letTillIn(
  api: ApiClient,
  { pos, device, store }: { readonly pos: Connector; readonly device: string; readonly store: string },
): Promise<{ readonly path: string; readonly key: string } | undefined> {
  const location = await findByName<{ id: string; name: string }>(api, '/api/v1/locations', store);
  if (location === undefined || pos.hookPath === null) return undefined;
  const { key } = await api.post<{ key: string }>(`/api/v1/connectors/${pos.id}/devices`, {
    device,
    location: location.id,
  });
  return { path: pos.hookPath, key };
}
