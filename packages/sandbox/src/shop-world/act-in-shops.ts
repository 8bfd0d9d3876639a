import { assortmentOf, skuOf } from './assortment.ts';
import type { CommerceAct } from './commerce-act.ts';
import type { MarketShop } from './market-shop.ts';
import type { StoreTill } from './store-till.ts';
import type { WebShop } from './web-shop.ts';

export interface Shops {
  readonly web: WebShop;
  readonly market: MarketShop;
  /** Undefined: it is not let in yet. */
  readonly till: StoreTill | undefined;
}

const MARKET_SKUS: ReadonlySet<string> = new Set(assortmentOf('market').map(skuOf));

/** Does in the shops what the plan says. An order of no shop's is nobody's: each looks for the number among its own. */
export function actInShops({ web, market, till }: Shops, act: CommerceAct): void {
  switch (act.kind) {
    case 'cart':
      return web.cart(act);
    case 'order':
      if (act.at === 'till') return till?.order(act);
      return act.at === 'market' ? market.order(act) : web.order(act);
    case 'send':
      web.send(act.number);
      return market.send(act.number);
    case 'arrive':
      return web.arrive(act.number);
    case 'bringBack':
      web.bringBack(act.number);
      market.bringBack(act.number);
      return till?.bringBack(act.number);
    case 'callOff':
      web.callOff(act.number);
      return market.callOff(act.number);
    case 'price':
      return (MARKET_SKUS.has(act.sku) ? market : web).price(act.sku, act.percentOff);
    case 'restock':
      return (MARKET_SKUS.has(act.sku) ? market : web).restock(act.sku, act.quantity);
    case 'line':
      return till?.line(act.isUp);
    case 'learn':
      return till?.learn();
  }
}
