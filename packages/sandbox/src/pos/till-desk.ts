import type { ApiClient } from '../shop/api-client.ts';

/** Who stands at the till: `loyaltyId:4711`, `email:ada@shop.example`. */
export type DeskIdentifier = string;

export interface DeskCart {
  readonly id: string;
  readonly token: string;
  readonly lines: readonly {
    readonly variantId: string | null;
    readonly sku: string | null;
    readonly name: string | null;
    readonly quantity: number;
  }[];
}

export interface DeskLine {
  readonly id: string;
  readonly variantId?: string;
  readonly sku?: string;
  readonly quantity: number;
  readonly unitPriceMinor: number;
}

/** What a till asks of Segue while it has a connection: a customer's open cart, and whether her codes are good. */
export interface TillDesk {
  /** Undefined: she has none. */
  openCart(identifier: DeskIdentifier): Promise<DeskCart | undefined>;
  /** The cart was bought here; the same reference counts once. */
  cartBought(cartId: string, reference: string): Promise<void>;
  /** Whether the codes are good for that cart, and what they take off. Holds nothing. */
  checkCoupons<T>(quote: DeskQuote): Promise<T>;
  /** Spends them for a sale, once. */
  redeemCoupons<T>(quote: DeskQuote & { readonly orderSource: string; readonly orderRef: string }): Promise<T>;
}

export interface DeskQuote {
  readonly identifier?: DeskIdentifier;
  readonly codes: readonly string[];
  readonly currency: string;
  readonly lines: readonly DeskLine[];
  readonly store?: string;
}

/** The till's side of the management API; `api` needs the scopes of baskets and coupons. */
export function createTillDesk(api: Pick<ApiClient, 'get' | 'post'>): TillDesk {
  const bodyOf = ({ currency, lines, ...rest }: DeskQuote) => ({ ...rest, channel: 'pos', cart: { currency, lines } });
  return {
    async openCart(identifier) {
      const query = new URLSearchParams({ identifier, kind: 'cart' }).toString();
      const { baskets } = await api.get<{ baskets: readonly DeskCart[] }>(`/api/v1/baskets?${query}`);
      return baskets.find(({ lines }) => lines.some(({ quantity }) => quantity > 0));
    },
    cartBought: (cartId, reference) => api.post(`/api/v1/baskets/${cartId}/conversions`, { reference }),
    checkCoupons: (quote) => api.post('/api/v1/coupons/validate', bodyOf(quote)),
    redeemCoupons: (quote) => api.post('/api/v1/coupons/redeem', bodyOf(quote)),
  };
}
