import { makeShopper, type Shopper } from '../shop/shopper.ts';
import { CURRENCY } from '../shop/catalogue.data.ts';
import type { ShopifyTwin } from '../shopify/index.ts';
import { toDecimal } from '../twin/decimal.ts';
import { productOfSku } from './assortment.ts';
import type { ActLine, CommerceAct } from './commerce-act.ts';

/** What the plan's numbers became in the web shop; saved with it. */
export interface WebShopBook {
  readonly customers: Map<number, string>;
  readonly carts: Map<number, string>;
  readonly orders: Map<number, { readonly orderId: string; fulfilmentId: string | undefined }>;
}

export const beginWebShopBook = (): WebShopBook => ({ customers: new Map(), carts: new Map(), orders: new Map() });

/** The web shop's side of the plan. What has become impossible meanwhile is left out. */
export class WebShop {
  readonly twin: ShopifyTwin;
  private readonly book: WebShopBook;
  private readonly seed: number;

  constructor(of: { twin: ShopifyTwin; book: WebShopBook; seed: number }) {
    this.twin = of.twin;
    this.book = of.book;
    this.seed = of.seed;
  }

  cart({ number, shopper, lines }: Extract<CommerceAct, { kind: 'cart' }>): void {
    const { devices } = makeShopper(this.seed, shopper);
    // As the shop's page does, so that visit and cart are one customer's.
    const attributes = devices[0] === undefined ? {} : { segue_anonymous_id: devices[0].anonymousId };
    const { token } = this.twin.updateCart({ lines: this.linesOf(lines), attributes });
    this.book.carts.set(number, token);
  }

  order({ number, shopper, lines, hasCode }: Extract<CommerceAct, { kind: 'order' }>): void {
    const cartToken = this.book.carts.get(number);
    this.book.carts.delete(number);
    const customerId = shopper === null ? undefined : this.customerOf(shopper);
    const placed = this.twin.placeOrder({
      ...{ lines: this.linesOf(lines), shipping: '4.90' },
      ...(customerId !== undefined && { customerId }),
      ...(cartToken !== undefined && { cartToken }),
      ...(hasCode && { discountCode: 'PEBBLE10' }),
    });
    if (placed.kind === 'placed') this.book.orders.set(number, { orderId: placed.order.id, fulfilmentId: undefined });
  }

  send(number: number): void {
    const known = this.openOrder(number);
    if (known === undefined || known.order.fulfilments.length > 0) return;
    const { id } = this.twin.fulfil({
      orderId: known.order.id,
      trackingCompany: 'DHL',
      trackingNumber: `JD${known.order.number}`,
    });
    known.entry.fulfilmentId = id;
  }

  arrive(number: number): void {
    const known = this.openOrder(number);
    const fulfilmentId = known?.entry.fulfilmentId;
    if (known === undefined || fulfilmentId === undefined) return;
    this.twin.moveShipment({ orderId: known.order.id, fulfilmentId, status: 'delivered' });
  }

  bringBack(number: number): void {
    const known = this.openOrder(number);
    const line = known?.order.lines[0];
    if (known === undefined || line === undefined || line.fulfilled === 0 || line.refunded > 0) return;
    this.twin.refund({ orderId: known.order.id, lines: [{ lineId: line.id, quantity: 1, restock: 'return' }] });
    this.book.orders.delete(number);
  }

  callOff(number: number): void {
    const known = this.openOrder(number);
    if (known !== undefined && known.order.fulfilments.length === 0) this.twin.cancelOrder({ orderId: known.order.id });
  }

  price(sku: string, percentOff: number): void {
    const full = productOfSku(sku).priceMinor;
    const now = Math.round((full * (100 - percentOff)) / 100);
    const price = toDecimal(now, CURRENCY);
    this.twin.changePrice({
      ...{ variantId: this.variantOf(sku).id, price },
      compareAtPrice: percentOff === 0 ? null : toDecimal(full, CURRENCY),
    });
  }

  restock(sku: string, quantity: number): void {
    const { id: variantId, itemId } = this.variantOf(sku);
    for (const level of [...this.twin.shop.state.levels.values()].filter((one) => one.itemId === itemId))
      this.twin.setStock({ variantId, locationId: level.locationId, available: level.available + quantity });
  }

  variantOf(sku: string) {
    for (const product of this.twin.shop.state.products.values())
      for (const variant of product.variants) if (variant.sku === sku) return variant;
    throw new Error(`The web shop does not sell ${sku}`);
  }

  private linesOf(lines: readonly ActLine[]) {
    return lines.map(({ sku, quantity }) => ({ variantId: this.variantOf(sku).id, quantity }));
  }

  private openOrder(number: number) {
    const entry = this.book.orders.get(number);
    const order = entry === undefined ? undefined : this.twin.shop.state.orders.get(entry.orderId);
    return entry === undefined || order?.cancelledAtMs !== undefined || order === undefined
      ? undefined
      : { entry, order };
  }

  private customerOf(number: number): string {
    const known = this.book.customers.get(number);
    if (known !== undefined) return known;
    const shopper: Shopper = makeShopper(this.seed, number);
    const { firstName, lastName, email } = shopper;
    const { id } = this.twin.addCustomer({ firstName, lastName, email, tags: ['web'] });
    this.book.customers.set(number, id);
    return id;
  }
}
