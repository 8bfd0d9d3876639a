import { createPosTwin, type PosTwin, type SendPosBatch } from '../pos/index.ts';
import type { SandboxClock } from '../sandbox-clock.ts';
import { CURRENCY, SHOP_NAME } from '../shop/catalogue.data.ts';
import { createShopifyTwin, type ShopifyTwin } from '../shopify/index.ts';
import { readState, writeState } from '../twin/saved-state.ts';
import { BAD_DAY, type Misbehaviour } from '../unreliable/index.ts';
import { createWooTwin, type WooTwin } from '../woocommerce/index.ts';
import { actInShops } from './act-in-shops.ts';
import { advanceCommerce, beginCommerce, type CommercePace, type CommercePlan } from './commerce-plan.ts';
import { furnishTwins } from './furnish-twins.ts';
import { beginMarketShopBook, MarketShop, type MarketShopBook } from './market-shop.ts';
import { StoreTill } from './store-till.ts';
import { beginWebShopBook, WebShop, type WebShopBook } from './web-shop.ts';

export const TILL_DEVICE = 'harbour-till-1';
/** A day like most: a little is lost, more comes twice or late. */
const ORDINARY: Misbehaviour = { ...BAD_DAY, loses: 0.01, duplicates: 0.05, reorders: 0.05, delays: 0.05 };

export interface ShopWorldOptions {
  readonly clock: SandboxClock;
  readonly seed: number;
  /** Of the pages the products are shown on; ends in a slash. */
  readonly shopUrl: string;
  readonly pace: CommercePace;
  /** Addresses that stay the same after a restart; any free ones when left out. */
  readonly ports?: { readonly shopify: number; readonly woo: number };
  readonly misbehaviour?: Misbehaviour;
  /** What was saved of it. */
  readonly saved?: string | undefined;
  /** Waited for before anybody is told of something: what a world that is killed does not find again never happened. */
  readonly keep?: ((saved: string) => Promise<void>) | undefined;
}

interface Saved {
  readonly plan: CommercePlan;
  readonly shopify: string;
  readonly woo: string;
  readonly till: string | undefined;
  readonly web: WebShopBook;
  readonly market: MarketShopBook;
  readonly sales: Map<number, string>;
}

export interface ShopWorld {
  readonly shopify: ShopifyTwin;
  readonly woo: WooTwin;
  /** Undefined: it was never open. */
  readonly till: PosTwin | undefined;
  /** Whether it is known how its batches get there; until then it sells unheard. */
  readonly isTillLetIn: boolean;
  /** From now on the till sells, if it did not before; how its batches get there. */
  openTill(send: SendPosBatch): void;
  /** Everything the plan has until now is done, and told. */
  live(): Promise<void>;
  save(): string;
  close(): Promise<void>;
}

/** A web shop, a marketplace's shop and a till that sell by a plan as time goes on. */
export async function openShopWorld(options: ShopWorldOptions): Promise<ShopWorld> {
  const opening: Promise<ShopWorld> = build(options, async () => options.keep?.((await opening).save()));
  const world = await opening;
  await options.keep?.(world.save());
  return world;
}

async function build(options: ShopWorldOptions, keep: () => Promise<void>): Promise<ShopWorld> {
  const { clock, seed, misbehaviour = ORDINARY } = options;
  const saved = options.saved === undefined ? undefined : readState<Saved>(options.saved);
  const common = { clock, seed, misbehaviour, currency: CURRENCY, taxHundredths: 0, utcOffsetMinutes: 60 };
  const shopify = await createShopifyTwin({
    ...{ ...common, port: options.ports?.shopify ?? 0, domain: 'pebble-street.myshopify.com', name: SHOP_NAME },
    ...{ beforeAnswer: keep, ...(saved !== undefined && { saved: saved.shopify }) },
  });
  const woo = await createWooTwin({
    ...{ ...common, port: options.ports?.woo ?? 0 },
    ...{ beforeAnswer: keep, ...(saved !== undefined && { saved: saved.woo }) },
  });
  furnishTwins({ shopify, woo, shopUrl: options.shopUrl });
  const plan = saved?.plan ?? beginCommerce({ seed, beganAtMs: clock.now() });
  const books = { web: saved?.web ?? beginWebShopBook(), market: saved?.market ?? beginMarketShopBook() };
  const web = new WebShop({ twin: shopify, book: books.web, seed });
  const market = new MarketShop({ twin: woo, book: books.market, seed });
  const sales = saved?.sales ?? new Map<number, string>();
  let send: SendPosBatch | undefined;
  const standTill = (savedTill?: string): StoreTill => {
    const twin = createPosTwin({
      ...{ clock, seed, misbehaviour, deviceId: TILL_DEVICE, currency: CURRENCY },
      deliverTo: async (batch) => send?.(batch),
      ...(savedTill !== undefined && { saved: savedTill }),
    });
    return new StoreTill({ twin, sales, shopify, seed });
  };
  let till = saved?.till === undefined ? undefined : standTill(saved.till);
  return {
    ...{ shopify, woo },
    get till() {
      return till?.twin;
    },
    get isTillLetIn() {
      return send !== undefined;
    },
    openTill(given) {
      send = given;
      if (till !== undefined) return;
      till = standTill();
      till.learn();
    },
    async live() {
      for (const { act } of advanceCommerce(plan, clock.now(), options.pace)) actInShops({ web, market, till }, act);
      await keep();
      await Promise.all([shopify.flush(), woo.flush(), till?.twin.flush()]);
    },
    save: () =>
      writeState({
        ...{ plan, shopify: shopify.save(), woo: woo.save(), till: till?.twin.save() },
        ...{ ...books, sales },
      } satisfies Saved),
    close: async () => {
      await Promise.all([shopify.close(), woo.close()]);
    },
  };
}
