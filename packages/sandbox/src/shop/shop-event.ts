export type PropertyValue = string | number | boolean | null | PropertyValue[] | { [name: string]: PropertyValue };
export type Properties = Record<string, PropertyValue>;

/** One call of Segment's SDK that a shopper causes. */
export interface ShopEvent {
  /** The same for the same event of the same story, so that telling it again after a crash counts once. */
  readonly messageId: string;
  readonly atMs: number;
  readonly type: 'identify' | 'track' | 'page';
  /** The event's or the page's name; empty for identify. */
  readonly name: string;
  readonly anonymousId: string;
  readonly userId: string | null;
  /** Properties, or the traits of an identify. */
  readonly properties: Properties;
  readonly context: Properties;
}

/** Event names of Segment's e-commerce spec (V2) that the shop sends. */
export const ECOMMERCE_EVENTS = [
  'Products Searched',
  'Product List Viewed',
  'Product Clicked',
  'Product Viewed',
  'Product Added to Wishlist',
  'Product Added',
  'Product Removed',
  'Cart Viewed',
  'Checkout Started',
  'Checkout Step Completed',
  'Payment Info Entered',
  'Order Completed',
] as const;

/** What the e-commerce spec does not cover: Segment's own name for a sign-up, and Segue's for a consent. */
export const ACCOUNT_EVENTS = ['Signed Up', 'Consent Updated'] as const;

export type TrackName = (typeof ECOMMERCE_EVENTS)[number] | (typeof ACCOUNT_EVENTS)[number];
