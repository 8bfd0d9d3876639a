import type { PosTwin } from '../pos/index.ts';
import { makeShopper } from '../shop/shopper.ts';
import { levelKey } from '../shopify/shopify-state.ts';
import type { ShopifyTwin } from '../shopify/index.ts';
import { assortmentOf, skuOf } from './assortment.ts';
import type { CommerceAct } from './commerce-act.ts';
import { STORES } from './furnish-twins.ts';

/** The till of the first store, and which of the plan's numbers it sold. */
export class StoreTill {
  readonly twin: PosTwin;
  private readonly sales: Map<number, string>;
  private readonly shopify: ShopifyTwin;
  private readonly seed: number;

  constructor(of: { twin: PosTwin; sales: Map<number, string>; shopify: ShopifyTwin; seed: number }) {
    this.twin = of.twin;
    this.sales = of.sales;
    this.shopify = of.shopify;
    this.seed = of.seed;
  }

  /** Once in a while the till hears what head office knows of its store. */
  learn(): void {
    if (!this.twin.isOnline) return;
    const { state } = this.shopify.shop;
    const store = [...state.locations.values()].find(({ name }) => name === STORES[0]);
    const skus = new Set(assortmentOf('till').map(skuOf));
    const items = [...state.products.values()].flatMap((product) =>
      product.variants
        .filter(({ sku }) => skus.has(sku))
        .map(({ sku, itemId, priceMinor }) => {
          const quantity = state.levels.get(levelKey(itemId, store?.id ?? ''))?.available ?? 0;
          return { sku, name: product.title, priceMinor, quantity: Math.max(0, quantity) };
        }),
    );
    this.twin.learnShelf(items);
  }

  order({ number, shopper, lines }: Extract<CommerceAct, { kind: 'order' }>): void {
    if (this.twin.shelf.length === 0) return;
    const sold = this.twin.sell({
      lines,
      staff: `staff-${(number % 3) + 1}`,
      ...(shopper !== null && { customer: this.customerOf(shopper) }),
    });
    if (sold.kind === 'sold') this.sales.set(number, sold.sale.id);
  }

  bringBack(number: number): void {
    const saleId = this.sales.get(number);
    const line = this.twin.journal.items.flatMap((item) =>
      item.kind === 'sale' && item.id === saleId ? item.lines : [],
    )[0];
    if (saleId === undefined || line === undefined) return;
    this.twin.refund({ saleId, lines: [{ sku: line.sku, quantity: 1 }] });
    this.sales.delete(number);
  }

  line(isUp: boolean): void {
    if (isUp) this.twin.goOnline();
    else this.twin.goOffline();
  }

  /** She shows her card: the address she has at the web shop too. */
  private customerOf(number: number) {
    const { email, firstName, lastName } = makeShopper(this.seed, number);
    return { email, firstName, lastName };
  }
}
