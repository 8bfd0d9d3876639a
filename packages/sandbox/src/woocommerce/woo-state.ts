/** What a pretend WooCommerce shop knows. Posts (products, variations, orders, refunds, coupons) share one row of ids, as in WordPress. */
export interface WooState {
  readonly products: Map<number, WooProduct>;
  readonly customers: Map<number, WooCustomer>;
  readonly orders: Map<number, WooOrder>;
  readonly coupons: Map<number, WooCoupon>;
}

interface Dated {
  readonly createdAtMs: number;
  modifiedAtMs: number;
}

export interface WooStock {
  managesStock: boolean;
  quantity: number;
  backorders: 'no' | 'notify' | 'yes';
}

interface WooPriced extends Dated, WooStock {
  readonly id: number;
  sku: string;
  regularMinor: number;
  /** While it is on sale. */
  saleMinor: number | undefined;
}

export interface WooVariation extends WooPriced {
  readonly parentId: number;
  readonly options: Readonly<Record<string, string>>;
}

export interface WooProduct extends WooPriced {
  readonly type: 'simple' | 'variable';
  readonly slug: string;
  name: string;
  description: string;
  status: 'publish' | 'draft' | 'trash';
  categories: readonly string[];
  imageUrl: string | undefined;
  readonly variations: WooVariation[];
}

export interface WooAddress {
  readonly firstName: string;
  readonly lastName: string;
  readonly address1: string;
  readonly city: string;
  readonly postcode: string;
  readonly country: string;
  readonly phone?: string;
}

export interface WooCustomer extends Dated {
  readonly id: number;
  readonly username: string;
  email: string;
  firstName: string;
  lastName: string;
  address: WooAddress | undefined;
}

export interface WooCoupon extends Dated {
  readonly id: number;
  readonly code: string;
  readonly kind: 'percent' | 'fixed_cart';
  /** Hundredths of a percent, or minor units. */
  readonly value: number;
  readonly minimumMinor: number;
  readonly usageLimit: number | undefined;
  readonly usageLimitPerUser: number | undefined;
  readonly usedBy: string[];
}

export type WooStatus = 'pending' | 'processing' | 'on-hold' | 'completed' | 'cancelled' | 'refunded' | 'failed';

export interface WooOrderLine {
  readonly id: number;
  readonly name: string;
  readonly productId: number;
  /** 0: a simple product. */
  readonly variationId: number;
  readonly sku: string;
  readonly quantity: number;
  readonly subtotalMinor: number;
  readonly totalMinor: number;
  readonly taxMinor: number;
  refunded: number;
}

export interface WooRefund {
  readonly id: number;
  readonly createdAtMs: number;
  readonly reason: string;
  readonly amountMinor: number;
  readonly lines: readonly { readonly id: number; readonly line: WooOrderLine; readonly quantity: number }[];
}

export interface WooOrder extends Dated {
  readonly id: number;
  readonly orderKey: string;
  readonly createdVia: string;
  /** 0: a guest. */
  readonly customerId: number;
  readonly email: string;
  readonly address: WooAddress | undefined;
  readonly lines: readonly WooOrderLine[];
  readonly shippingMinor: number;
  readonly coupon: { readonly code: string; readonly discountMinor: number } | undefined;
  readonly meta: Readonly<Record<string, string>>;
  status: WooStatus;
  paidAtMs: number | undefined;
  completedAtMs: number | undefined;
  isStockReduced: boolean;
  readonly refunds: WooRefund[];
}

export function createWooState(): WooState {
  return { products: new Map(), customers: new Map(), orders: new Map(), coupons: new Map() };
}

export function getProduct(state: WooState, productId: number): WooProduct {
  const product = state.products.get(productId);
  if (product === undefined) throw new Error(`The shop has no product ${productId}`);
  return product;
}

/** What is sold: a simple product itself, or a variation. */
export function getSellable(
  state: WooState,
  { productId, variationId = 0 }: { productId: number; variationId?: number },
): { product: WooProduct; sellable: WooProduct | WooVariation } {
  const product = getProduct(state, productId);
  if (variationId === 0) return { product, sellable: product };
  const sellable = product.variations.find(({ id }) => id === variationId);
  if (sellable === undefined) throw new Error(`Product ${productId} has no variation ${variationId}`);
  return { product, sellable };
}

export function getOrder(state: WooState, orderId: number): WooOrder {
  const order = state.orders.get(orderId);
  if (order === undefined) throw new Error(`The shop has no order ${orderId}`);
  return order;
}

export function orderTotals(order: WooOrder) {
  const sum = (of: (line: WooOrderLine) => number): number => order.lines.reduce((all, line) => all + of(line), 0);
  const discountMinor = sum((line) => line.subtotalMinor - line.totalMinor);
  const taxMinor = sum((line) => line.taxMinor);
  const totalMinor = sum((line) => line.totalMinor) + taxMinor + order.shippingMinor;
  const refundedMinor = order.refunds.reduce((all, { amountMinor }) => all + amountMinor, 0);
  return { discountMinor, taxMinor, totalMinor, refundedMinor };
}
