import type { SandboxClock } from '../sandbox-clock.ts';
import { mixSeed } from '../shop/random.ts';
import { readState, writeState } from '../twin/saved-state.ts';
import { type Misbehaviour, WELL_BEHAVED } from '../unreliable/index.ts';
import type { PosCoupon, PosCustomer, PosRefund, SendPosBatch } from './pos-item.ts';
import { type Entry, type SendReport, TillJournal } from './till-journal.ts';
import { type NewRefund, type NewSale, type PosSold, type SavedTillSales, TillSales } from './till-sales.ts';
import { type ShelfItem, type TillLine, TillShelf } from './till-shelf.ts';

export interface PosTwinOptions {
  readonly clock: SandboxClock;
  readonly seed: number;
  readonly deviceId: string;
  /** How a batch gets to the connector: `createPosSender`, or something of one's own. */
  readonly deliverTo: SendPosBatch;
  readonly location?: string;
  readonly currency?: string;
  readonly shelf?: readonly ShelfItem[];
  readonly misbehaviour?: Misbehaviour;
  /** How far the till's clock goes ahead; behind when negative. */
  readonly clockAheadMs?: number;
  /** What `save` answered: the till goes on with its numbers. */
  readonly saved?: string;
}

export interface PosTwin {
  readonly deviceId: string;
  readonly journal: TillJournal;
  readonly isOnline: boolean;
  readonly shelf: readonly ShelfItem[];
  /** Sells from what the till last knew to be there: without a connection it cannot know better. */
  sell(sale: NewSale): PosSold;
  refund(refund: NewRefund): PosRefund;
  /** Somebody counted; left out: what the till believes. */
  setStock(counts?: readonly Pick<ShelfItem, 'sku' | 'quantity'>[]): void;
  /** A code taken on trust while there was no connection. */
  honourCoupon(coupon: Omit<PosCoupon, 'kind' | 'currency'>): void;
  customerUpdate(customer: PosCustomer): void;
  updateCart(cart: {
    readonly token: string;
    readonly lines: readonly TillLine[];
    readonly customer?: PosCustomer;
  }): void;
  changePrice(sku: string, priceMinor: number): void;
  /** What head office says is there now. */
  learnShelf(items: readonly ShelfItem[]): void;
  goOffline(): void;
  goOnline(): void;
  /** Sends what is due by the clock; nothing while offline. */
  flush(): Promise<SendReport>;
  save(): string;
}

interface Saved {
  readonly entries: readonly Entry[];
  readonly sales: SavedTillSales;
  readonly shelf: readonly ShelfItem[];
  readonly isOnline: boolean;
}

/** A pretend till: a device with numbers of its own, that goes on selling when nobody hears it. */
export function createPosTwin(options: PosTwinOptions): PosTwin {
  const { clock, deviceId, currency = 'USD', misbehaviour = WELL_BEHAVED } = options;
  const saved = options.saved === undefined ? undefined : readState<Saved>(options.saved);
  const journal = new TillJournal({
    saved: saved?.entries,
    ...{ clock, seed: mixSeed(options.seed, 21), deviceId, location: options.location, misbehaviour },
    ...{ clockAheadMs: options.clockAheadMs ?? 0, send: options.deliverTo },
  });
  const shelf = new TillShelf();
  shelf.learn(saved?.shelf ?? options.shelf ?? []);
  const sales = new TillSales({ deviceId, currency, shelf, journal }, saved?.sales);
  let isOnline = saved?.isOnline ?? true;
  return {
    ...{ deviceId, journal },
    get isOnline() {
      return isOnline;
    },
    get shelf() {
      return shelf.items;
    },
    sell: (sale) => sales.sell(sale),
    refund: (refund) => sales.refund(refund),
    setStock(counts) {
      for (const { sku, quantity } of counts ?? []) shelf.change(sku, { quantity });
      const counted = (counts ?? shelf.items).map(({ sku }) => shelf.get(sku));
      journal.write({
        kind: 'stock_count',
        counts: counted.map(({ variantId, sku, quantity }) => ({
          ...(variantId !== undefined && { variantId }),
          sku,
          quantity,
        })),
      });
    },
    honourCoupon: (coupon) => void journal.write({ kind: 'coupon', currency, ...coupon }),
    customerUpdate: (customer) => void journal.write({ kind: 'customer', ...customer }),
    updateCart: ({ token, lines, customer }) =>
      void journal.write({
        ...{ kind: 'cart', token, currency, ...(customer !== undefined && { customer }) },
        lines: lines.map((line) => shelf.lineOf(line, `${token}-${line.sku}`)),
      }),
    changePrice: (sku, priceMinor) => shelf.change(sku, { priceMinor }),
    learnShelf: (items) => shelf.learn(items),
    goOffline: () => {
      isOnline = false;
    },
    goOnline: () => {
      isOnline = true;
    },
    save: () =>
      writeState({
        ...{ entries: journal.save(), sales: sales.save(), shelf: shelf.items, isOnline },
      } satisfies Saved),
    flush: () => (isOnline ? journal.send() : Promise.resolve({ sent: 0, unconfirmed: journal.unconfirmed })),
  };
}
