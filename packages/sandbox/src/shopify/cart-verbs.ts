import { presentCart, presentCheckout } from './present-cart.ts';
import type { ShopifyShop } from './shopify-shop.ts';
import {
  getVariant,
  type ShopifyAddress,
  type ShopifyCart,
  type ShopifyCartLine,
  type ShopifyCheckout,
} from './shopify-state.ts';

/** Sets what lies in a cart; without a token it is a new one. */
export function updateCart(
  shop: ShopifyShop,
  given: {
    readonly token?: string;
    readonly lines: readonly ShopifyCartLine[];
    readonly attributes?: Readonly<Record<string, string>>;
  },
): ShopifyCart {
  for (const { variantId } of given.lines) getVariant(shop.state, variantId);
  const head = shop.begin();
  const known = given.token === undefined ? undefined : shop.state.carts.get(given.token);
  const lines = given.lines.filter(({ quantity }) => quantity > 0);
  if (known !== undefined) {
    known.lines = lines;
    known.attributes = given.attributes ?? known.attributes;
    known.updatedAtMs = head.atMs;
    shop.tell(head, 'carts/update', presentCart(shop, known));
    return known;
  }
  const token = given.token ?? shop.newToken();
  const dated = { createdAtMs: head.atMs, updatedAtMs: head.atMs };
  const cart: ShopifyCart = { token, lines, attributes: given.attributes ?? {}, ...dated };
  shop.state.carts.set(token, cart);
  shop.tell(head, 'carts/create', presentCart(shop, cart));
  return cart;
}

export interface CheckoutFields {
  readonly customerId?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly discountCode?: string;
  readonly address?: ShopifyAddress;
}

export function startCheckout(
  shop: ShopifyShop,
  given: CheckoutFields & { readonly cartToken?: string; readonly lines?: readonly ShopifyCartLine[] },
): ShopifyCheckout {
  const cart = given.cartToken === undefined ? undefined : shop.state.carts.get(given.cartToken);
  const head = shop.begin();
  const checkout: ShopifyCheckout = {
    ...{
      id: shop.newId(),
      token: shop.newToken(),
      cartToken: given.cartToken,
      lines: given.lines ?? cart?.lines ?? [],
    },
    ...{ customerId: given.customerId, email: given.email, phone: given.phone, address: given.address },
    ...{ discountCode: given.discountCode, completedAtMs: undefined },
    ...{ createdAtMs: head.atMs, updatedAtMs: head.atMs },
  };
  shop.state.checkouts.set(checkout.token, checkout);
  shop.tell(head, 'checkouts/create', presentCheckout(shop, checkout));
  return checkout;
}

export function updateCheckout(shop: ShopifyShop, token: string, changes: CheckoutFields): void {
  const checkout = shop.state.checkouts.get(token);
  if (checkout === undefined) throw new Error(`The shop has no checkout ${token}`);
  const head = shop.begin();
  Object.assign(checkout, changes);
  checkout.updatedAtMs = head.atMs;
  shop.tell(head, 'checkouts/update', presentCheckout(shop, checkout));
}
