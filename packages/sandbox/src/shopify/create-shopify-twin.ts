import type { SandboxClock } from '../sandbox-clock.ts';
import { mixSeed, Random } from '../shop/random.ts';
import { readState, writeState } from '../twin/saved-state.ts';
import { serveApi } from '../twin/serve-api.ts';
import { type Misbehaviour, WELL_BEHAVED } from '../unreliable/index.ts';
import { createAdminApi } from './admin-api.ts';
import { createShopifyShop, type SavedShopifyShop, type ShopifyShop } from './shopify-shop.ts';
import { type SavedShopifyWebhooks, ShopifyWebhooks } from './shopify-webhooks.ts';
import { bindShopifyVerbs, type ShopifyVerbs } from './shopify-verbs.ts';

const API_VERSION = '2026-10';

export interface ShopifyTwinOptions {
  readonly clock: SandboxClock;
  readonly seed: number;
  /** Any free one when left out. */
  readonly port?: number;
  /** Where the app's own settings send every topic; left out: nowhere, until somebody subscribes. */
  readonly deliverTo?: string;
  readonly domain?: string;
  readonly name?: string;
  readonly currency?: string;
  readonly utcOffsetMinutes?: number;
  /** On top of prices: 600 is 6 %. */
  readonly taxHundredths?: number;
  readonly misbehaviour?: Misbehaviour;
  /** What `save` answered: the shop goes on where it was. */
  readonly saved?: string;
  /** Waited for between the doing of a call of the API and its answer; whoever must not forget what it said saves here. */
  readonly beforeAnswer?: () => Promise<void>;
  /** Whether the API limits its callers, by the clock; true when left out. */
  readonly isThrottled?: boolean;
}

export interface ShopifyTwin extends ShopifyVerbs {
  /** Of the Admin API. */
  readonly url: string;
  readonly domain: string;
  readonly accessToken: string;
  /** Webhooks are signed with it. */
  readonly clientSecret: string;
  readonly shop: ShopifyShop;
  readonly webhooks: ShopifyWebhooks;
  /** Sends what is due by the clock. */
  flush: ShopifyWebhooks['flush'];
  /** All of it, but for what is on its way. */
  save(): string;
  close(): Promise<void>;
}

interface Saved {
  readonly shop: SavedShopifyShop;
  readonly webhooks: SavedShopifyWebhooks;
}

/** A pretend Shopify shop that speaks the real protocol; its shoppers act through its verbs. */
export async function createShopifyTwin(options: ShopifyTwinOptions): Promise<ShopifyTwin> {
  const { clock, seed, misbehaviour = WELL_BEHAVED, domain = 'snowdevil.myshopify.com' } = options;
  const secrets = new Random(mixSeed(seed, 4));
  const secret = (): string => secrets.uuid().replaceAll('-', '');
  const accessToken = `shpat_${secret()}`;
  const clientSecret = `shpss_${secret()}`;
  const identity = {
    ...{ id: '954889', domain, name: options.name ?? 'Snowdevil', currency: options.currency ?? 'USD' },
    ...{ utcOffsetMinutes: options.utcOffsetMinutes ?? -300, taxHundredths: options.taxHundredths ?? 600 },
  };
  const saved = options.saved === undefined ? undefined : readState<Saved>(options.saved);
  const webhooks = new ShopifyWebhooks({ saved: saved?.webhooks, clock, seed, identity, clientSecret, misbehaviour });
  const shop = createShopifyShop({
    saved: saved?.shop,
    identity,
    clock,
    seed,
    tell: (...told) => webhooks.tell(...told),
  });
  const answer = createAdminApi({ shop, webhooks, clock, accessToken, isThrottled: options.isThrottled ?? true });
  const api = await serveApi({ port: options.port ?? 0, clock, beforeAnswer: options.beforeAnswer }, answer);
  if (options.deliverTo !== undefined) webhooks.subscribeApp(options.deliverTo, API_VERSION);
  return {
    ...{ url: api.url, domain, accessToken, clientSecret, shop, webhooks },
    ...bindShopifyVerbs(shop),
    flush: () => webhooks.flush(),
    save: () => writeState({ shop: shop.save(), webhooks: webhooks.save() } satisfies Saved),
    close: () => api.close(),
  };
}
