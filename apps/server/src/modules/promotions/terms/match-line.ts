import type { CouponProducts, CouponTerms } from '@segue/contract';
import type { CartLine } from './cart.ts';

/** Whether any of the names means the product of this line. Letters count alike in upper and lower case. Pure. */
export function matchesLine(named: CouponProducts, line: CartLine): boolean {
  return (
    meets(named.products, line.products) ||
    meets(named.variants, line.variants) ||
    meets(named.skus, [line.sku]) ||
    meets(named.collections, line.collections) ||
    meets(named.categories, line.categories) ||
    meets(named.vendors, [line.vendor])
  );
}

/** Whether a coupon counts for this line. Pure. */
export function isEligible(terms: Pick<CouponTerms, 'only' | 'except' | 'excludeSale'>, line: CartLine): boolean {
  if (terms.excludeSale && line.isOnSale) return false;
  if (terms.except !== undefined && matchesLine(terms.except, line)) return false;
  return terms.only === undefined || matchesLine(terms.only, line);
}

function meets(names: readonly string[] | undefined, own: readonly (string | undefined)[]): boolean {
  if (names === undefined) return false;
  const lower = new Set(own.map((one) => one?.toLowerCase()));
  return names.some((name) => lower.has(name.toLowerCase()));
}
