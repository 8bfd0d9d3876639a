import { CURRENCY } from '../shop/catalogue.data.ts';
import { makeShopper } from '../shop/shopper.ts';
import { toDecimal } from '../twin/decimal.ts';
import type { WooTwin } from '../woocommerce/index.ts';
import { productOfSku } from './assortment.ts';
import type { CommerceAct } from './commerce-act.ts';

/** What the plan's numbers became in the marketplace's shop; saved with it. */
export interface MarketShopBook {
  readonly customers: Map<number, number>;
  readonly orders: Map<number, number>;
}

export const beginMarketShopBook = (): MarketShopBook => ({ customers: new Map(), orders: new Map() });

/** The marketplace's side of the plan. What has become impossible meanwhile is left out. */
export class MarketShop {
  readonly twin: WooTwin;
  private readonly book: MarketShopBook;
  private readonly seed: number;

  constructor(of: { twin: WooTwin; book: MarketShopBook; seed: number }) {
    this.twin = of.twin;
    this.book = of.book;
    this.seed = of.seed;
  }

  order({ number, shopper, lines, hasCode }: Extract<CommerceAct, { kind: 'order' }>): void {
    const placed = this.twin.placeOrder({
      lines: lines.map(({ sku, quantity }) => ({ productId: this.productOf(sku).id, quantity })),
      ...(shopper !== null && { customerId: this.customerOf(shopper) }),
      ...{ shipping: '4.90', ...(hasCode && { couponCode: 'PEBBLE10' }) },
    });
    if (placed.kind === 'placed') this.book.orders.set(number, placed.order.id);
  }

  /** Sent and delivered are one word here. */
  send(number: number): void {
    const order = this.orderOf(number);
    if (order?.status === 'processing') this.twin.completeOrder(order.id);
  }

  bringBack(number: number): void {
    const order = this.orderOf(number);
    const line = order?.lines[0];
    if (order?.status !== 'completed' || line === undefined || line.refunded > 0) return;
    this.twin.refund({ orderId: order.id, lines: [{ lineId: line.id, quantity: 1 }], reason: 'does not fit' });
    this.book.orders.delete(number);
  }

  callOff(number: number): void {
    const order = this.orderOf(number);
    if (order?.status === 'processing') this.twin.cancelOrder(order.id);
  }

  price(sku: string, percentOff: number): void {
    const now = Math.round((productOfSku(sku).priceMinor * (100 - percentOff)) / 100);
    this.twin.changePrice({
      productId: this.productOf(sku).id,
      salePrice: percentOff === 0 ? null : toDecimal(now, CURRENCY),
    });
  }

  restock(sku: string, quantity: number): void {
    const product = this.productOf(sku);
    this.twin.setStock({ productId: product.id, quantity: product.quantity + quantity });
  }

  private productOf(sku: string) {
    const product = [...this.twin.shop.state.products.values()].find((one) => one.sku === sku);
    if (product === undefined) throw new Error(`The marketplace does not sell ${sku}`);
    return product;
  }

  private orderOf(number: number) {
    const orderId = this.book.orders.get(number);
    return orderId === undefined ? undefined : this.twin.shop.state.orders.get(orderId);
  }

  private customerOf(number: number): number {
    const known = this.book.customers.get(number);
    if (known !== undefined) return known;
    const { firstName, lastName, email } = makeShopper(this.seed, number);
    const { id } = this.twin.addCustomer({ firstName, lastName, email });
    this.book.customers.set(number, id);
    return id;
  }
}
