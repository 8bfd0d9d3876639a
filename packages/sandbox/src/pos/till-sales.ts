import type { PosCustomer, PosLine, PosRefund, PosSale } from './pos-item.ts';
import type { TillJournal } from './till-journal.ts';
import type { TillLine, TillShelf } from './till-shelf.ts';

export interface NewSale {
  readonly lines: readonly TillLine[];
  readonly customer?: PosCustomer;
  readonly staff?: string;
  /** Codes redeemed online, beside what they take off. */
  readonly coupons?: readonly string[];
  readonly discountMinor?: number;
  readonly taxMinor?: number;
  readonly pointsRedeemed?: number;
  /** The token of the cart that was begun elsewhere. */
  readonly cart?: string;
}

export type PosSold =
  | { readonly kind: 'sold'; readonly sale: PosSale }
  | { readonly kind: 'sold_out'; readonly skus: readonly string[] };

export interface NewRefund {
  readonly saleId: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number; readonly restock?: 'return' | 'none' }[];
  readonly reason?: string;
}

/** What is kept of receipts while the till is off. */
export interface SavedTillSales {
  readonly sales: ReadonlyMap<string, PosSale>;
  readonly returned: ReadonlyMap<string, number>;
}

/** Receipts of one till. */
export class TillSales {
  private readonly till: { deviceId: string; currency: string; shelf: TillShelf; journal: TillJournal };
  private readonly sales: Map<string, PosSale>;
  /** By line of a sale. */
  private readonly returned: Map<string, number>;

  constructor(
    till: { deviceId: string; currency: string; shelf: TillShelf; journal: TillJournal },
    saved?: SavedTillSales,
  ) {
    this.till = till;
    this.sales = new Map(saved?.sales);
    this.returned = new Map(saved?.returned);
  }

  save(): SavedTillSales {
    return { sales: this.sales, returned: this.returned };
  }

  sell(given: NewSale): PosSold {
    const { deviceId, currency, shelf, journal } = this.till;
    const skus = shelf.shortOf(given.lines);
    if (skus.length > 0) return { kind: 'sold_out', skus };
    const number = this.sales.size + 1;
    const id = `${deviceId}-${number}`;
    const { staff, customer, cart } = given;
    const sale: PosSale = {
      ...{ kind: 'sale', id, number: `R${String(number).padStart(5, '0')}`, currency },
      lines: given.lines.map((line, at) => shelf.lineOf(line, `${id}-${at + 1}`)),
      ...{ discountMinor: given.discountMinor ?? 0, taxMinor: given.taxMinor ?? 0, coupons: given.coupons ?? [] },
      pointsRedeemed: given.pointsRedeemed ?? 0,
      ...(staff !== undefined && { staff }),
      ...(customer !== undefined && { customer }),
      ...(cart !== undefined && { cart }),
    };
    for (const { sku, quantity } of given.lines) shelf.move(sku, -quantity);
    this.sales.set(id, sale);
    journal.write(sale);
    return { kind: 'sold', sale };
  }

  refund({ saleId, lines, reason }: NewRefund): PosRefund {
    const { shelf, journal } = this.till;
    const sale = this.sales.get(saleId);
    const wanted = lines.map(({ sku, quantity, restock = 'return' }) => {
      const line = sale?.lines.find((one) => one.sku === sku);
      if (line === undefined || quantity > line.quantity - (this.returned.get(line.id) ?? 0))
        throw new Error(`Sale ${saleId} has not ${quantity} of ${sku}`);
      this.returned.set(line.id, (this.returned.get(line.id) ?? 0) + quantity);
      return { line, quantity, restock };
    });
    const made: PosRefund = {
      ...{ kind: 'refund', id: `${saleId}-r${journal.items.length + 1}`, saleId },
      amountMinor: wanted.reduce((sum, one) => sum + worthOf(one), 0),
      ...(reason !== undefined && { reason }),
      lines: wanted.map(({ line, quantity, restock }) => ({ lineId: line.id, quantity, restock })),
    };
    for (const { line, quantity, restock } of wanted) if (restock === 'return') shelf.move(line.sku, quantity);
    journal.write(made);
    return made;
  }
}

function worthOf({ line, quantity }: { line: PosLine; quantity: number }): number {
  return Math.round(((line.unitPriceMinor * line.quantity - line.discountMinor) * quantity) / line.quantity);
}
