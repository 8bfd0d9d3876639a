import type { CouponLine } from '@segue/contract';
import type { Sql } from '../../platform/postgres/index.ts';

/** What the catalog knows of the product of a line. */
export interface LineFact {
  /** Whatever it is known by, Segue's ids and the shop's. */
  readonly products: readonly string[];
  readonly variants: readonly string[];
  readonly sku: string | undefined;
  readonly collections: readonly string[];
  readonly categories: readonly string[];
  readonly vendor: string | undefined;
  /** That its compare-at price is above its price. */
  readonly isOnSale: boolean;
}

/** Who can be asked about what is bought and who buys. */
export interface CouponFactSources {
  /** In the order of the lines; undefined: it knows nothing of that product. */
  lines(
    sql: Sql,
    workspaceId: number,
    asked: { lines: readonly CouponLine[]; channel: string; currency: string; atMs: number },
  ): Promise<readonly (LineFact | undefined)[]>;
  /** Those of them who have an order that was not cancelled. */
  haveOrdered(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<ReadonlySet<string>>;
}

let sources: CouponFactSources | undefined;

/** Says once, where the server is composed, who answers. Without it carts are priced by what callers say of their lines. */
export function defineCouponFacts(all: CouponFactSources): void {
  sources = all;
}

export async function readLineFacts(
  ...asked: Parameters<CouponFactSources['lines']>
): Promise<readonly (LineFact | undefined)[]> {
  return sources?.lines(...asked) ?? [];
}

export async function haveOrdered(
  ...asked: Parameters<CouponFactSources['haveOrdered']>
): ReturnType<CouponFactSources['haveOrdered']> {
  // A guess would give first orders' coupons away.
  if (sources === undefined) throw new Error('nobody answers whether a customer has ordered');
  return sources.haveOrdered(...asked);
}
