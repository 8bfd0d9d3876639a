import type { Outbound } from '../../../platform/outbound/index.ts';
import type { ChannelNews, ProviderFault } from './channel-news.ts';

/** Whom a message goes to, on this account. */
export interface Recipient {
  /** E.164 with its plus. */
  readonly phone?: string;
  /** The provider's own id of her. */
  readonly userId?: string;
}

/** One message for a provider. */
export interface Handover<C> {
  /** Our id of it, `msg_…`, which the provider carries along where it can. */
  readonly messageId: string;
  readonly to: Recipient;
  readonly content: C;
  /** The message of hers that it answers, by the provider's id. */
  readonly replyTo?: string;
  /** Where receipts of this message are to be sent, by providers that are told so with each message. */
  readonly statusUrl?: string;
}

/** How one attempt ended, as far as can be known. Reasons never hold an address. */
export type ProviderOutcome =
  | { readonly kind: 'accepted'; readonly providerId: string | undefined; readonly reason: string }
  /** Surely not taken over. */
  | { readonly kind: 'refused'; readonly fault: ProviderFault }
  /** May have been taken over. Never tried again. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What an account is opened with; `S` are its settings, secrets opened. */
export interface ProviderDeps {
  readonly outbound: Outbound;
  now(): number;
}

/** A call that came to the account's webhook. */
export interface HookCall {
  readonly method: 'GET' | 'POST';
  /** As the provider called it, for signatures that cover it. */
  readonly url: string;
  readonly query: URLSearchParams;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** What the provider gets at once, and what the call said. */
export type HookAnswer =
  | {
      readonly kind: 'taken';
      readonly news: readonly ChannelNews[];
      readonly reply?: { readonly type: string; readonly body: string };
    }
  /** Not from the provider: answered with 401, or 403 where it wants that. */
  | { readonly kind: 'refused'; readonly status: 401 | 403 }
  /** From the provider, and not readable: answered with 400. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** One provider of one channel. `S`: settings of an account, as its schema gives them. `C`: the content it takes. */
export interface Provider<S, C> {
  /** Hands one message over. Never throws for what the provider or the network does; what cannot be known is `unknown`. */
  deliver(deps: ProviderDeps, account: S, message: Handover<C>): Promise<ProviderOutcome>;
  /** Pure: verifies the signature over the bytes as they came, in constant time, and reads what is said. */
  readHook(account: S, call: HookCall): HookAnswer;
}
