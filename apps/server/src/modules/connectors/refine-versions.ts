import type { NormaliseContext } from './connector.ts';
import type { ShopRecord } from './records.ts';

const SECOND_MS = 1_000;

/**
 * Shops date their things to the second, and more than one change fits into it. A webhook says to the nanosecond when it was
 * triggered; what is answered after the second is over is the last word of it. Without such a word it stays as it is. Pure.
 */
export function refineVersions(
  records: readonly ShopRecord[],
  context: Pick<NormaliseContext, 'triggeredAtMs' | 'answeredAtMs'>,
): ShopRecord[] {
  const { triggeredAtMs, answeredAtMs } = context;
  if (triggeredAtMs === undefined && answeredAtMs === undefined) return [...records];
  const refined = <T extends { readonly atMs: number }>(one: T): T => ({ ...one, atMs: refine(one.atMs, context) });
  return records.map((record): ShopRecord => {
    switch (record.kind) {
      case 'product':
        return { ...record, product: refined(record.product) };
      case 'variant':
        return refined(record);
      case 'level':
        return { ...record, level: refined(record.level) };
      case 'location':
        return { ...record, location: refined(record.location) };
      case 'order':
        return {
          ...record,
          order: { ...refined(record.order), fulfilments: record.order.fulfilments.map((one) => refined(one)) },
        };
      case 'fulfilment':
        return { ...record, fulfilment: refined(record.fulfilment) };
      case 'customer':
        return { ...record, customer: refined(record.customer) };
      case 'cart':
        return { ...record, cart: refined(record.cart) };
      case 'checkout':
        return { ...record, checkout: refined(record.checkout) };
      case 'coupon':
        return { ...record, coupon: refined(record.coupon) };
      default:
        return record;
    }
  });
}

function refine(
  atMs: number,
  { triggeredAtMs, answeredAtMs }: Pick<NormaliseContext, 'triggeredAtMs' | 'answeredAtMs'>,
): number {
  if (atMs % SECOND_MS !== 0) return atMs;
  if (answeredAtMs !== undefined) return answeredAtMs >= atMs + SECOND_MS ? atMs + SECOND_MS - 1 : atMs;
  const isOfSecond = triggeredAtMs !== undefined && triggeredAtMs >= atMs && triggeredAtMs < atMs + SECOND_MS;
  return isOfSecond ? triggeredAtMs : atMs;
}
