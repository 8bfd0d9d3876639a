const EVENTS = [
  'Product Viewed',
  'Product List Viewed',
  'Product Added',
  'Checkout Started',
  'Order Completed',
  'Product Removed',
  'Coupon Entered',
  'Wishlist Product Added',
];
const CATEGORIES = ['shoes', 'shirts', 'coats', 'bags', 'hats', 'socks'];

/** Rules as shops have them: counts in windows, filters on properties, things not done, traits; many share a leaf with another. */
export function manySegments(count: number): { name: string; rule: object }[] {
  return Array.from({ length: count }, (_, n) => ({ name: `Segment ${n}`, rule: ruleNo(n) }));
}

function ruleNo(n: number): object {
  const event = EVENTS[n % EVENTS.length]!;
  const within = { days: 1 + ((n * 7) % 60) };
  const often = { event, within, count: { atLeast: 1 + (n % 3) } };
  const category = { property: 'category', op: 'equals', value: CATEGORIES[n % CATEGORIES.length] };
  switch (n % 4) {
    case 0:
      return often;
    case 1:
      return { all: [often, { not: { event: 'Order Completed', within } }] };
    case 2:
      return { event, where: [category], count: { atLeast: 2 }, within };
    default:
      return { all: [often, { trait: 'plan', op: 'equals', value: n % 8 === 3 ? 'plus' : 'basic' }] };
  }
}
