import type { ApiWorld } from './api-world.ts';
import { ALERT_EXAMPLES } from './examples-alerts.data.ts';
import type { Shop } from './shop.ts';

type Grow = (world: ApiWorld, shop: Shop) => Promise<void>;

/** How the list of alerts gets one row more. */
export const ALERT_GROW = {
  listAlerts: async (_world, shop) => void (await shop.call('createAlert', await ALERT_EXAMPLES.createAlert(shop))),
} as const satisfies Readonly<Record<string, Grow>>;
