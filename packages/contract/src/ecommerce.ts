import { z } from 'zod';

/**
 * Segment's e-commerce specification V2: the events of a shop, by their exact names, and their properties. Every property
 * may be left out and others may stand beside them, as in the specification; what is there must have its type. A null
 * counts as left out. Amounts are numbers of the currency's main unit; `currency` is an ISO 4217 code.
 * https://segment.com/docs/connections/spec/ecommerce/v2/
 */
const text = (): z.ZodOptional<z.ZodNullable<z.ZodString>> => z.string({ error: 'send a text' }).nullable().optional();
/** Specified as text; what systems number is often sent as a number, and means the same. */
const id = () => z.union([z.string(), z.number()], { error: 'send a text' }).transform(String).nullable().optional();
const number = () => z.number({ error: 'send a number, without quotes' }).nullable().optional();
const list = <T extends z.ZodType>(item: T) => z.array(item, { error: 'send a list' }).nullable().optional();

const productFields = {
  product_id: id(),
  sku: id(),
  category: text(),
  name: text(),
  brand: text(),
  variant: text(),
  price: number(),
  quantity: number(),
  coupon: text(),
  position: number(),
  url: text(),
  image_url: text(),
};
const amountFields = { shipping: number(), tax: number(), discount: number(), coupon: text(), currency: text() };
const product = z.looseObject(productFields, { error: 'send an object for each product' });
const products = list(product);
const kindAndValue = list(z.looseObject({ type: text(), value: text() }, { error: 'send objects of type and value' }));
const event = <T extends z.ZodRawShape>(fields: T) => z.looseObject(fields, { error: 'send an object' });

const promotion = event({ promotion_id: id(), creative: text(), name: text(), position: id() });
const cartProduct = event({ cart_id: id(), ...productFields });
const checkoutStep = event({
  checkout_id: id(),
  step: number(),
  shipping_method: text(),
  payment_method: text(),
});
const orderFields = {
  order_id: id(),
  affiliation: text(),
  total: number(),
  revenue: number(),
  ...amountFields,
  products,
};
const changedOrder = event(orderFields);
const coupon = { order_id: id(), cart_id: id(), coupon_id: id() };
const wishlistFields = { wishlist_id: id(), wishlist_name: text(), ...productFields };
const wishlistProduct = event(wishlistFields);
const shareFields = { share_via: text(), share_message: text(), recipient: text() };

/** Event name → schema of its properties. */
export const ECOMMERCE_EVENTS = {
  'Products Searched': event({ query: text() }),
  'Product List Viewed': event({ list_id: id(), category: text(), products }),
  'Product List Filtered': event({
    list_id: id(),
    category: text(),
    filters: kindAndValue,
    sorts: kindAndValue,
    products,
  }),
  'Promotion Viewed': promotion,
  'Promotion Clicked': promotion,
  'Product Clicked': product,
  'Product Viewed': event({ ...productFields, currency: text(), value: number() }),
  'Product Added': cartProduct,
  'Product Removed': cartProduct,
  'Cart Viewed': event({ cart_id: id(), products }),
  'Checkout Started': event({
    order_id: id(),
    affiliation: text(),
    value: number(),
    revenue: number(),
    ...amountFields,
    products,
  }),
  'Checkout Step Viewed': checkoutStep,
  'Checkout Step Completed': checkoutStep,
  'Payment Info Entered': event({
    checkout_id: id(),
    order_id: id(),
    step: number(),
    shipping_method: text(),
    payment_method: text(),
  }),
  'Order Completed': event({ checkout_id: id(), subtotal: number(), ...orderFields }),
  'Order Updated': changedOrder,
  'Order Cancelled': changedOrder,
  // The specification names only order_id, and its example adds what was given back.
  'Order Refunded': changedOrder,
  'Coupon Entered': event(coupon),
  'Coupon Applied': event({ ...coupon, coupon_name: text(), discount: number() }),
  'Coupon Removed': event({ ...coupon, coupon_name: text(), discount: number() }),
  'Coupon Denied': event({ ...coupon, coupon_name: text(), reason: text() }),
  'Product Added to Wishlist': wishlistProduct,
  'Product Removed from Wishlist': wishlistProduct,
  'Wishlist Product Added to Cart': event({ cart_id: id(), ...wishlistFields }),
  'Product Shared': event({
    ...shareFields,
    product_id: id(),
    sku: id(),
    category: text(),
    name: text(),
    brand: text(),
    variant: text(),
    price: number(),
    url: text(),
    image_url: text(),
  }),
  'Cart Shared': event({ ...shareFields, cart_id: id(), products }),
  'Product Reviewed': event({ product_id: id(), review_id: id(), review_body: text(), rating: id() }),
} as const;

export type EcommerceName = keyof typeof ECOMMERCE_EVENTS;

/** The properties of an e-commerce event: `EcommerceProperties<'Order Completed'>`. */
export type EcommerceProperties<N extends EcommerceName = EcommerceName> = z.output<(typeof ECOMMERCE_EVENTS)[N]>;

/** An e-commerce event, told apart by its name. */
export type EcommerceEvent = {
  [N in EcommerceName]: { readonly name: N; readonly properties: EcommerceProperties<N> };
}[EcommerceName];

/** The events of the specification's first version, which Segment still takes for those of the second. */
const OLDER_NAMES: ReadonlyMap<string, EcommerceName> = new Map<string, EcommerceName>([
  ['Viewed Product Category', 'Product List Viewed'],
  ['Viewed Product', 'Product Viewed'],
  ['Added Product', 'Product Added'],
  ['Removed Product', 'Product Removed'],
  ['Completed Order', 'Order Completed'],
]);

/** The name in the specification's second version; undefined: it is no event of it. */
export function ecommerceNameOf(name: string): EcommerceName | undefined {
  return Object.hasOwn(ECOMMERCE_EVENTS, name) ? (name as EcommerceName) : OLDER_NAMES.get(name);
}

/** One property that has not the type it should have. */
export interface EcommerceFault {
  /** Path within the properties: `products[1].price`. */
  readonly field: string;
  readonly message: string;
}

export type ReadEcommerceEvent =
  | { readonly ok: true; readonly event: EcommerceEvent }
  | { readonly ok: false; readonly faults: readonly EcommerceFault[] };

/**
 * Reads an event of the specification, also under its older name: typed, or every property at fault. Pure.
 *
 * @example readEcommerceEvent('Completed Order', { order_id: 7, total: '12' })
 *   // { ok: false, faults: [{ field: 'total', message: 'send a number, without quotes' }] }
 */
export function readEcommerceEvent(name: string, properties: unknown): ReadEcommerceEvent {
  const known = ecommerceNameOf(name);
  if (known === undefined)
    return { ok: false, faults: [{ field: 'event', message: 'is no event of Segment’s e-commerce specification' }] };
  const parsed = ECOMMERCE_EVENTS[known].safeParse(properties ?? {});
  if (parsed.success) return { ok: true, event: { name: known, properties: parsed.data } as EcommerceEvent };
  return {
    ok: false,
    faults: parsed.error.issues.map(({ path, message }) => ({ field: fieldOf(path), message })),
  };
}

function fieldOf(path: readonly PropertyKey[]): string {
  let field = '';
  for (const part of path)
    field += typeof part === 'number' ? `[${part}]` : `${field === '' ? '' : '.'}${String(part)}`;
  return field;
}
