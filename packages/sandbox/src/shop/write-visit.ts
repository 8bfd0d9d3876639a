import { PRODUCTS, SHOP_NAME, type Product } from './catalogue.data.ts';
import { linesProperties, productProperties, totals } from './product-properties.ts';
import type { Cart, Shopper } from './shopper.ts';
import type { Visit } from './visit.ts';

export type VisitEnd = 'left' | 'leftCart' | 'bought';

/** A visit out of curiosity: she browses, perhaps fills a cart, perhaps pays. */
export function writeBrowsing(visit: Visit): VisitEnd {
  const { shopper, random } = visit.deps;
  visit.page('Home', '/');
  if (shopper.signedUp && random.chance(0.6)) visit.logIn();
  const category = random.pick(shopper.likes);
  const shelf = PRODUCTS.filter((product) => product.category === category);
  if (random.chance(0.2)) visit.track('Products Searched', { query: category.toLowerCase() });
  visit.page(category, `/categories/${category.toLowerCase()}`);
  viewList(visit, category, shelf);
  const looked = random.sample(shelf, random.whole(1, 3));
  for (const [index, product] of looked.entries()) look(visit, product, index + 1);
  if (!random.chance(shopper.orders > 0 ? 0.75 : 0.6)) return shopper.cart === null ? 'left' : 'leftCart';
  if (!shopper.signedUp && random.chance(0.6)) visit.logIn();
  for (const product of random.sample(looked, random.chance(0.35) ? 2 : 1)) add(visit, product);
  if (random.chance(0.5)) viewCart(visit);
  if (!random.chance(0.3)) return 'leftCart';
  buy(visit);
  return 'bought';
}

/** A visit for the cart she left, by the mail's link or of her own accord. */
export function writeReturn(visit: Visit, chanceToBuy: number): VisitEnd {
  const { shopper, random } = visit.deps;
  visit.page('Cart', '/cart');
  viewCart(visit);
  if (shopper.cart === null) return 'left';
  if (!random.chance(chanceToBuy)) return 'left';
  buy(visit);
  return 'bought';
}

function viewList(visit: Visit, category: string, shelf: readonly Product[]): void {
  const products = shelf.map((product, index) => ({
    ...productProperties(product, visit.deps.shopUrl),
    position: index + 1,
  }));
  visit.track('Product List Viewed', { list_id: category.toLowerCase(), category, products });
}

function look(visit: Visit, product: Product, position: number): void {
  const properties = productProperties(product, visit.deps.shopUrl);
  const { currency, ...clicked } = properties;
  visit.track('Product Clicked', { ...clicked, position });
  visit.track('Product Viewed', { ...clicked, currency, value: properties.price });
  if (visit.deps.random.chance(0.08)) {
    const wishList = { wishlist_id: `wish-${visit.deps.shopper.number}`, wishlist_name: 'For the home' };
    visit.track('Product Added to Wishlist', { ...wishList, ...clicked });
  }
}

function cartOf(shopper: Shopper): Cart {
  if (shopper.cart === null) {
    shopper.carts += 1;
    shopper.cart = { cartId: `cart-${shopper.number}-${shopper.carts}`, lines: [] };
  }
  return shopper.cart;
}

function add(visit: Visit, product: Product): void {
  const cart = cartOf(visit.deps.shopper);
  const known = cart.lines.find((line) => line.productId === product.id);
  if (known !== undefined) return;
  const quantity = visit.deps.random.chance(0.2) ? 2 : 1;
  cart.lines = [...cart.lines, { productId: product.id, quantity }];
  const { currency: _, ...properties } = productProperties(product, visit.deps.shopUrl);
  const products = linesProperties(cart.lines, visit.deps.shopUrl);
  visit.track('Product Added', { cart_id: cart.cartId, ...properties, quantity, products });
}

function viewCart(visit: Visit): void {
  const { cart } = visit.deps.shopper;
  if (cart === null) return;
  visit.track('Cart Viewed', { cart_id: cart.cartId, products: linesProperties(cart.lines, visit.deps.shopUrl) });
}

function buy(visit: Visit): void {
  const { shopper, shopUrl } = visit.deps;
  if (shopper.cart === null) return;
  visit.logIn();
  const { cartId, lines } = shopper.cart;
  shopper.orders += 1;
  const orderId = `order-${shopper.number}-${shopper.orders}`;
  const checkoutId = `checkout-${shopper.number}-${shopper.orders}`;
  const { subtotal, total, ...amounts } = totals(lines);
  const order = { order_id: orderId, affiliation: SHOP_NAME, ...amounts, products: linesProperties(lines, shopUrl) };
  const payment = { shipping_method: 'Parcel', payment_method: 'Card' };
  visit.track('Checkout Started', { ...order, value: total });
  visit.track('Checkout Step Completed', { checkout_id: checkoutId, step: 1, ...payment });
  visit.track('Payment Info Entered', { checkout_id: checkoutId, order_id: orderId, step: 2, ...payment });
  visit.track('Order Completed', { checkout_id: checkoutId, cart_id: cartId, ...order, subtotal, total });
  shopper.cart = null;
}
