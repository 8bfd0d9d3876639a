/** What a pretend Shopify shop knows. Ids are decimal texts of numbers above 2^53; amounts are minor units of the shop's currency. */
export interface ShopifyState {
  readonly locations: Map<string, ShopifyLocation>;
  readonly products: Map<string, ShopifyProduct>;
  readonly items: Map<string, ShopifyItem>;
  /** By `<item> <location>`. */
  readonly levels: Map<string, ShopifyLevel>;
  readonly customers: Map<string, ShopifyCustomer>;
  readonly carts: Map<string, ShopifyCart>;
  readonly checkouts: Map<string, ShopifyCheckout>;
  readonly orders: Map<string, ShopifyOrder>;
  /** By code in capitals. */
  readonly discounts: Map<string, ShopifyDiscount>;
}

interface Dated {
  readonly createdAtMs: number;
  updatedAtMs: number;
}

export interface ShopifyAddress {
  readonly firstName: string;
  readonly lastName: string;
  readonly address1: string;
  readonly city: string;
  readonly zip: string;
  readonly countryCode: string;
  readonly phone?: string;
}

export interface ShopifyLocation extends Dated {
  readonly id: string;
  readonly name: string;
  readonly city: string;
  readonly countryCode: string;
  isActive: boolean;
}

export interface ShopifyVariant extends Dated {
  readonly id: string;
  readonly productId: string;
  readonly itemId: string;
  readonly position: number;
  title: string;
  sku: string;
  barcode: string | undefined;
  /** In the order of the product's options. */
  optionValues: readonly string[];
  priceMinor: number;
  compareAtMinor: number | undefined;
  policy: 'deny' | 'continue';
  requiresShipping: boolean;
}

export interface ShopifyProduct extends Dated {
  readonly id: string;
  readonly handle: string;
  title: string;
  bodyHtml: string;
  vendor: string;
  productType: string;
  tags: readonly string[];
  status: 'active' | 'draft' | 'archived';
  options: readonly { readonly id: string; readonly name: string }[];
  images: readonly { readonly id: string; readonly src: string; readonly alt: string | undefined }[];
  readonly variants: ShopifyVariant[];
}

export interface ShopifyItem extends Dated {
  readonly id: string;
  readonly variantId: string;
  readonly productId: string;
  sku: string;
  isTracked: boolean;
}

export interface ShopifyLevel {
  readonly itemId: string;
  readonly locationId: string;
  available: number;
  /** Sold and not yet sent. */
  committed: number;
  updatedAtMs: number;
}

export interface ShopifyConsent {
  readonly state: 'subscribed' | 'unsubscribed' | 'not_subscribed' | 'pending';
  readonly optInLevel: 'single_opt_in' | 'confirmed_opt_in' | 'unknown';
  readonly atMs: number;
}

export interface ShopifyCustomer extends Dated {
  readonly id: string;
  email: string | undefined;
  phone: string | undefined;
  firstName: string;
  lastName: string;
  tags: readonly string[];
  note: string | undefined;
  address: ShopifyAddress | undefined;
  emailConsent: ShopifyConsent | undefined;
  smsConsent: ShopifyConsent | undefined;
}

export interface ShopifyCartLine {
  readonly variantId: string;
  readonly quantity: number;
}

export interface ShopifyCart extends Dated {
  readonly token: string;
  lines: readonly ShopifyCartLine[];
  attributes: Readonly<Record<string, string>>;
}

export interface ShopifyCheckout extends Dated {
  readonly id: string;
  readonly token: string;
  readonly cartToken: string | undefined;
  customerId: string | undefined;
  email: string | undefined;
  phone: string | undefined;
  lines: readonly ShopifyCartLine[];
  discountCode: string | undefined;
  address: ShopifyAddress | undefined;
  completedAtMs: number | undefined;
}

export interface ShopifyDiscount extends Dated {
  readonly id: string;
  readonly code: string;
  readonly kind: 'percentage' | 'fixed_amount';
  /** Hundredths of a percent, or minor units. */
  readonly value: number;
  readonly minimumMinor: number;
  readonly usageLimit: number | undefined;
  readonly oncePerCustomer: boolean;
  used: number;
}

export interface ShopifyOrderLine {
  readonly id: string;
  readonly productId: string;
  readonly variantId: string;
  readonly itemId: string;
  readonly title: string;
  readonly variantTitle: string;
  readonly sku: string;
  readonly vendor: string;
  readonly quantity: number;
  readonly priceMinor: number;
  readonly discountMinor: number;
  readonly taxMinor: number;
  readonly requiresShipping: boolean;
  /** Where the pieces were taken from, and how many. */
  readonly taken: readonly { readonly locationId: string; readonly quantity: number }[];
  /** Of `quantity`. */
  fulfilled: number;
  /** Of `quantity`, sent or not. */
  refunded: number;
  /** Of `refunded`: those taken off before they were sent. */
  removed: number;
}

export interface ShopifyTransaction {
  readonly id: string;
  readonly kind: 'authorization' | 'sale' | 'capture' | 'refund' | 'void';
  readonly amountMinor: number;
  readonly gateway: string;
  readonly createdAtMs: number;
}

export type RestockType = 'return' | 'cancel' | 'no_restock';

export interface ShopifyRefund {
  readonly id: string;
  readonly createdAtMs: number;
  readonly note: string | undefined;
  readonly lines: readonly {
    readonly id: string;
    readonly lineId: string;
    readonly quantity: number;
    readonly restock: RestockType;
    readonly locationId: string | undefined;
    readonly subtotalMinor: number;
    readonly taxMinor: number;
  }[];
  readonly transactions: readonly ShopifyTransaction[];
}

export interface ShopifyFulfilment extends Dated {
  readonly id: string;
  readonly locationId: string;
  readonly lines: readonly { readonly lineId: string; readonly quantity: number }[];
  readonly trackingCompany: string | undefined;
  readonly trackingNumber: string | undefined;
  shipmentStatus: 'confirmed' | 'in_transit' | 'out_for_delivery' | 'delivered' | 'failure' | undefined;
}

export interface ShopifyOrder extends Dated {
  readonly id: string;
  readonly number: number;
  readonly token: string;
  readonly cartToken: string | undefined;
  readonly checkoutToken: string | undefined;
  readonly customerId: string | undefined;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly source: string;
  readonly locationId: string | undefined;
  readonly staffId: string | undefined;
  readonly deviceId: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
  readonly address: ShopifyAddress | undefined;
  readonly discount:
    | { readonly code: string; readonly kind: ShopifyDiscount['kind']; readonly value: number }
    | undefined;
  readonly shippingMinor: number;
  readonly lines: readonly ShopifyOrderLine[];
  readonly transactions: ShopifyTransaction[];
  readonly refunds: ShopifyRefund[];
  readonly fulfilments: ShopifyFulfilment[];
  cancelledAtMs: number | undefined;
  cancelReason: string | undefined;
  closedAtMs: number | undefined;
}

export function createShopifyState(): ShopifyState {
  return {
    ...{ locations: new Map(), products: new Map(), items: new Map(), levels: new Map(), customers: new Map() },
    ...{ carts: new Map(), checkouts: new Map(), orders: new Map(), discounts: new Map() },
  };
}

export const levelKey = (itemId: string, locationId: string): string => `${itemId} ${locationId}`;

export function getVariant(
  state: ShopifyState,
  variantId: string,
): { product: ShopifyProduct; variant: ShopifyVariant } {
  for (const product of state.products.values()) {
    const variant = product.variants.find(({ id }) => id === variantId);
    if (variant !== undefined) return { product, variant };
  }
  throw new Error(`The shop has no variant ${variantId}`);
}

/** What is there of everything tracked, over all places. */
export function quantityOf(state: ShopifyState, itemId: string): number {
  let sum = 0;
  for (const level of state.levels.values()) if (level.itemId === itemId) sum += level.available;
  return sum;
}

export function getOrder(state: ShopifyState, orderId: string): ShopifyOrder {
  const order = state.orders.get(orderId);
  if (order === undefined) throw new Error(`The shop has no order ${orderId}`);
  return order;
}
