import type { ChannelName } from '../types.ts';

/** A rendered email. */
export interface EmailContent {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface OutgoingMessage {
  /** The message's uuid; the provider gets its public form, so that receipts and replies find it. */
  readonly id: string;
  readonly address: string;
  readonly content: EmailContent;
  /** Where one click ends messages of this topic; given on topics that need consent. */
  readonly unsubscribeUrl: string | undefined;
}

/** How one attempt ended, as far as can be known. Reasons never hold an address. */
export type DeliveryOutcome =
  | { readonly kind: 'accepted'; readonly reason: string }
  /** Surely not taken over; the same message may be tried again. */
  | { readonly kind: 'deferred'; readonly reason: string }
  /** Surely not taken over, and it never will be. `recipient`: the address itself is bad. */
  | { readonly kind: 'rejected'; readonly by: 'recipient' | 'content'; readonly reason: string }
  /** May have been taken over. Never tried again. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** One way out. An adapter answers every outcome; it throws only when it is broken. */
export interface Channel {
  readonly name: ChannelName;
  /** Which identifier of a profile is its address here. */
  readonly addressKind: 'email' | 'phone';
  /** How many deliveries may be under way at once. */
  readonly concurrencyMax: number;
  deliver(message: OutgoingMessage): Promise<DeliveryOutcome>;
  close(): Promise<void>;
}
