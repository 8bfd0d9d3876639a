import type { BasketOwner } from '../basket.ts';

/** Where preferences are said: a device that holds the token, or servers under one identifier. */
export interface PreferenceSet extends BasketOwner {
  readonly id: string;
  readonly token: string;
  /** What is said there is the customer's, and she is told all that is hers. Only on a trusted word. */
  readonly isLinked: boolean;
  readonly source: 'api' | 'device';
  readonly version: number;
}
