import type { SandboxClock } from '../sandbox-clock.ts';
import { mixSeed, Random } from '../shop/random.ts';
import { readState, writeState } from '../twin/saved-state.ts';
import { serveApi } from '../twin/serve-api.ts';
import { type Misbehaviour, WELL_BEHAVED } from '../unreliable/index.ts';
import { resourcePayload } from './resource-payload.ts';
import { createWooApi } from './rest-api.ts';
import { createWooShop, type SavedWooShop, type WooShop } from './woo-shop.ts';
import { bindWooVerbs, type WooVerbs } from './woo-verbs.ts';
import { type SavedWooWebhooks, WooWebhooks } from './woo-webhooks.ts';

export interface WooTwinOptions {
  readonly clock: SandboxClock;
  readonly seed: number;
  /** Any free one when left out. */
  readonly port?: number;
  /** Where every core topic is sent; each webhook calls there once when it is made. Left out: nowhere, until somebody makes one. */
  readonly deliverTo?: string;
  /** What the shop calls itself; the address of its API when left out. */
  readonly siteUrl?: string;
  readonly currency?: string;
  readonly utcOffsetMinutes?: number;
  /** On top of prices: 600 is 6 %. */
  readonly taxHundredths?: number;
  readonly misbehaviour?: Misbehaviour;
  /** What `save` answered: the shop goes on where it was. */
  readonly saved?: string;
  /** Waited for between the doing of a call of the API and its answer; whoever must not forget what it said saves here. */
  readonly beforeAnswer?: () => Promise<void>;
  /** Whether a sale touches the product it sold; true when left out. */
  readonly tellsOfSales?: boolean;
}

export interface WooTwin extends WooVerbs {
  /** Of the site; the API is below `/wp-json/wc/v3`. */
  readonly url: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  /** Of the webhooks that `deliverTo` makes. */
  readonly signingSecret: string;
  readonly shop: WooShop;
  readonly webhooks: WooWebhooks;
  /** Sends what is due by the clock. */
  flush: WooWebhooks['flush'];
  /** All of it, but for what is on its way. */
  save(): string;
  close(): Promise<void>;
}

interface Saved {
  readonly shop: SavedWooShop;
  readonly webhooks: SavedWooWebhooks;
}

/** A pretend WooCommerce shop that speaks the real protocol; its shoppers act through its verbs. */
export async function createWooTwin(options: WooTwinOptions): Promise<WooTwin> {
  const { clock, seed, misbehaviour = WELL_BEHAVED } = options;
  const secrets = new Random(mixSeed(seed, 12));
  const secret = (): string => secrets.uuid().replaceAll('-', '');
  const keys = { consumerKey: `ck_${secret()}`, consumerSecret: `cs_${secret()}` };
  const signingSecret = secret();
  // The address is known once it is served, and the shop says it in every link.
  const api = await serveApi({ port: options.port ?? 0, clock, beforeAnswer: options.beforeAnswer }, (request) =>
    answer(request),
  );
  const identity = {
    ...{ siteUrl: options.siteUrl ?? api.url, currency: options.currency ?? 'USD' },
    ...{ utcOffsetMinutes: options.utcOffsetMinutes ?? -180, taxHundredths: options.taxHundredths ?? 600 },
    tellsOfSales: options.tellsOfSales ?? true,
  };
  const saved = options.saved === undefined ? undefined : readState<Saved>(options.saved);
  const webhooks: WooWebhooks = new WooWebhooks({
    saved: saved?.webhooks,
    ...{ clock, seed, siteUrl: identity.siteUrl, misbehaviour },
    payloadOf: (resource, id) => resourcePayload(shop, resource, id),
  });
  const shop: WooShop = createWooShop({
    saved: saved?.shop,
    identity,
    clock,
    seed,
    tell: (...told) => webhooks.tell(...told),
  });
  const answer = createWooApi({ shop, webhooks, ...keys });
  if (options.deliverTo !== undefined) await webhooks.createAll(options.deliverTo, signingSecret);
  return {
    ...{ url: api.url, ...keys, signingSecret, shop, webhooks },
    ...bindWooVerbs(shop),
    flush: () => webhooks.flush(),
    save: () => writeState({ shop: shop.save(), webhooks: webhooks.save() } satisfies Saved),
    close: () => api.close(),
  };
}
