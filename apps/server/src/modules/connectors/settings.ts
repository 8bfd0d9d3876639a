import type { OrderInput } from '../orders/index.ts';
import type { ConnectorSettings, TruthField } from './connector.ts';
import type { ConnectorRow } from './connector-store.ts';

export function settingsOf({ settings }: Pick<ConnectorRow, 'settings'>): ConnectorSettings {
  const { truth, apiVersion, apiUrl, ...chosen } = settings;
  return { ...chosen, truth, apiVersion, apiUrl, hookUrl: undefined };
}

/** Whether a connector is believed about something. Pure. */
export function believes({ truth }: Pick<ConnectorSettings, 'truth'>, field: TruthField): boolean {
  return truth === undefined || truth.includes(field);
}

/**
 * Whose truth the stock of its orders is. A till takes from our stock, and counts it; a shop that is believed about stock tells the level
 * after its sale itself. Pure.
 */
export function stockOf({ kind, settings }: Pick<ConnectorRow, 'kind' | 'settings'>): OrderInput['stock'] {
  if (kind === 'pos') return 'counted';
  return believes({ truth: settings.truth }, 'stock') ? 'theirs' : 'ours';
}

/** Whether a shop tells a product and its variants in separate words. */
export function tellsApart({ kind }: Pick<ConnectorRow, 'kind'>): boolean {
  return kind === 'woocommerce' || kind === 'drop';
}
