import type { BasketLeaf, BoughtLeaf, CouponLeaf, OrderLeaf, PointsLeaf, ProductMatch } from '@segue/contract';

const BASKETS = { cart: 'in the cart', wishlist: 'on the wish list', viewed: 'among the recently viewed' } as const;
const ORDERS = {
  open: 'open',
  unpaid: 'not paid',
  unfulfilled: 'not yet fulfilled',
  fulfilled: 'fulfilled',
  delivered: 'delivered',
  cancelled: 'cancelled',
  refunded: 'refunded',
} as const;
const POINTS = { balance: 'points to spend', pending: 'points on their way', lifetime: 'points ever earned' } as const;
const COUPONS = { assigned: 'been given', redeemed: 'redeemed' } as const;

/** A leaf about orders, baskets, points and coupons in words; `nameOf`: what a campaign is called. Pure. */
export function describeShop(
  leaf: BoughtLeaf | BasketLeaf | OrderLeaf | PointsLeaf | CouponLeaf,
  nameOf: (id: string) => string,
): string {
  if ('bought' in leaf) {
    const { atLeast = 1, ...match } = leaf.bought;
    return `the profile has bought ${atLeast === 1 ? '' : `${atLeast} or more pieces of `}${describeProduct(match)} and kept it`;
  }
  if ('basket' in leaf) {
    const stock = leaf.inStock === undefined ? '' : leaf.inStock ? ' that is in stock' : ' that is sold out';
    return `${describeProduct(leaf.holds ?? {})}${stock} is ${BASKETS[leaf.basket]}`;
  }
  if ('order' in leaf)
    return `the profile has an order that is ${leaf.order.map((state) => ORDERS[state]).join(' or ')}`;
  if ('coupon' in leaf) {
    const { campaign, state } = leaf.coupon;
    return `the profile has ${state.map((one) => COUPONS[one]).join(' or ')} a coupon of ${nameOf(campaign)}`;
  }
  const { of = 'balance', program, atLeast, atMost } = leaf.points;
  const bounds = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ];
  return `the profile has ${bounds.join(' and ')} ${POINTS[of]}${program === undefined ? '' : ` of "${program}"`}`;
}

const PARTS = {
  product: (value) => `with the id "${value}"`,
  variant: (value) => `of the variant "${value}"`,
  sku: (value) => `with the sku "${value}"`,
  collection: (value) => `of the collection "${value}"`,
  vendor: (value) => `by "${value}"`,
  type: (value) => `of the type "${value}"`,
  tag: (value) => `tagged "${value}"`,
} as const satisfies Record<keyof ProductMatch, (value: string) => string>;

function describeProduct(match: ProductMatch): string {
  const said = Object.entries(PARTS).flatMap(([part, say]) => {
    const value = match[part as keyof ProductMatch];
    return value === undefined ? [] : [say(value)];
  });
  return ['a product', ...said].join(' ');
}
