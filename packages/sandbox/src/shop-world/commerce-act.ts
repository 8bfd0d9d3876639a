/** Where something is sold: the web shop, the marketplace's shop, the till of the Harbour store. */
export type SalesPlace = 'online' | 'market' | 'till';

export interface ActLine {
  readonly sku: string;
  readonly quantity: number;
}

/** What somebody does in the shops. Orders have a number of the plan's own: what came of it only the shop knows. */
export type CommerceAct =
  | { readonly kind: 'cart'; readonly number: number; readonly shopper: number; readonly lines: readonly ActLine[] }
  | {
      readonly kind: 'order';
      readonly number: number;
      readonly at: SalesPlace;
      /** Null: nobody says her name. */
      readonly shopper: number | null;
      readonly lines: readonly ActLine[];
      readonly hasCode: boolean;
    }
  | { readonly kind: 'send'; readonly number: number }
  | { readonly kind: 'arrive'; readonly number: number }
  | { readonly kind: 'bringBack'; readonly number: number }
  | { readonly kind: 'callOff'; readonly number: number }
  | { readonly kind: 'price'; readonly sku: string; /** Off the price; 0: as it was. */ readonly percentOff: number }
  | { readonly kind: 'restock'; readonly sku: string; readonly quantity: number }
  /** The till's connection. */
  | { readonly kind: 'line'; readonly isUp: boolean }
  /** The till learns what head office knows. */
  | { readonly kind: 'learn' };

export interface TimedAct {
  readonly atMs: number;
  readonly act: CommerceAct;
}
