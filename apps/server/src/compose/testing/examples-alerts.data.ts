import type { Example } from './api-world.ts';
import type { Shop } from './shop.ts';

type MakeExample = (shop: Shop) => Example | Promise<Example>;

/** Something nobody has in stock: a variant of its own for each alert. */
async function newAlertBody(shop: Shop) {
  const ref = shop.word();
  const prices = [{ currency: 'EUR', amountMinor: 1_999 }];
  const body = { products: [{ ref, title: 'Tee', variants: [{ ref, sku: ref, prices }] }] };
  await shop.call('putProducts', { body });
  return { type: 'price_drop' as const, profileId: shop.profileId, sku: ref, threshold: { percent: 10 } };
}

const newAlert: MakeExample = async (shop) => ({ body: await newAlertBody(shop) });

const ofAlert: MakeExample = async (shop) => {
  const { alert } = await shop.call<{ readonly alert: { readonly id: string } }>('createAlert', await newAlert(shop));
  return { params: { id: alert.id } };
};

/** A call of every endpoint of alerts that succeeds. */
export const ALERT_EXAMPLES = {
  createAlert: newAlert,
  listAlerts: () => ({}),
  getAlert: ofAlert,
  cancelAlert: ofAlert,
  getAlertSummary: () => ({}),
  getAlertSettings: () => ({}),
  updateAlertSettings: () => ({ body: { waveFactor: 2, lowStock: 5 } }),
} as const satisfies Readonly<Record<string, MakeExample>>;
