import type { PosLine } from './pos-item.ts';

/** A thing on the till's shelf, as the till last knew it. */
export interface ShelfItem {
  readonly sku: string;
  readonly productId?: string;
  readonly variantId?: string;
  readonly name: string;
  readonly priceMinor: number;
  readonly quantity: number;
}

export interface TillLine {
  readonly sku: string;
  readonly quantity: number;
  readonly discountMinor?: number;
}

/** What the till believes to be there, and what it costs. */
export class TillShelf {
  private readonly bySku = new Map<string, ShelfItem>();

  get items(): readonly ShelfItem[] {
    return [...this.bySku.values()];
  }

  learn(items: readonly ShelfItem[]): void {
    for (const item of items) this.bySku.set(item.sku, item);
  }

  get(sku: string): ShelfItem {
    const item = this.bySku.get(sku);
    if (item === undefined) throw new Error(`The till knows of no ${sku}`);
    return item;
  }

  change(sku: string, changes: Partial<Pick<ShelfItem, 'priceMinor' | 'quantity'>>): void {
    this.bySku.set(sku, { ...this.get(sku), ...changes });
  }

  move(sku: string, by: number): void {
    this.change(sku, { quantity: this.get(sku).quantity + by });
  }

  /** What there is not enough of; the same thing in two lines counts once. */
  shortOf(lines: readonly TillLine[]): string[] {
    const wanted = new Map<string, number>();
    for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity);
    return [...wanted].flatMap(([sku, quantity]) => (this.get(sku).quantity < quantity ? [sku] : []));
  }

  lineOf({ sku, quantity, discountMinor = 0 }: TillLine, id: string): PosLine {
    const { name, productId, variantId, priceMinor } = this.get(sku);
    return {
      ...{ id, sku, name, quantity, unitPriceMinor: priceMinor, discountMinor },
      ...(productId !== undefined && { productId }),
      ...(variantId !== undefined && { variantId }),
    };
  }
}
