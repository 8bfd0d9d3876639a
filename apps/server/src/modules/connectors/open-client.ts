import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { Outbound } from '../../platform/outbound/index.ts';
import type { ShopClient } from './connector.ts';
import { openSecrets } from './connector-secrets.ts';
import type { ConnectorRow } from './connector-store.ts';
import { settingsOf } from './settings.ts';
import { createShopifyClient } from './shopify/shopify-client.ts';
import { canAsk } from './sync/plan-jobs.ts';
import { createWooClient } from './woocommerce/woo-client.ts';

/** What a shop can be asked through; undefined: it holds no key to it, or there is nobody to ask. */
export function openClient(
  { outbound, now }: { readonly outbound: Outbound; readonly now: () => number },
  connector: ConnectorRow,
  keys: WorkspaceKeys,
): ShopClient | undefined {
  const secrets = openSecrets(keys, connector.secrets);
  if (!canAsk(connector.kind, secrets)) return undefined;
  const settings = settingsOf(connector);
  const own = { outbound, secrets, settings, account: connector.account, now };
  return connector.kind === 'shopify' ? createShopifyClient(own) : createWooClient(own);
}
