import type { Json } from '../../../platform/json.ts';

/** Somebody at the other end, by whatever the provider says of her. At least one of `phone`, `userId` and `email` is there. */
export interface Sender {
  /** E.164 with its plus. */
  readonly phone?: string;
  /** The provider's own id of her, valid for this account: WhatsApp's business-scoped user id, a page-scoped id. */
  readonly userId?: string;
  readonly email?: string;
  readonly name?: string;
  readonly username?: string;
}

/** Media that came with a message: fetched with the account's rights by `id`, or from `url`. */
export interface InboundMedia {
  readonly media: 'image' | 'video' | 'audio' | 'document' | 'sticker';
  readonly id?: string;
  readonly url?: string;
  readonly mimeType?: string;
  readonly filename?: string;
  readonly sha256?: string;
  readonly isVoice?: boolean;
}

/** What she said. */
export type InboundContent =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'media'; readonly caption?: string } & InboundMedia)
  /** Several at once, as MMS come. */
  | { readonly kind: 'album'; readonly text?: string; readonly media: readonly InboundMedia[] }
  | {
      readonly kind: 'location';
      readonly latitude: number;
      readonly longitude: number;
      readonly name?: string;
      readonly address?: string;
    }
  | {
      readonly kind: 'contacts';
      readonly contacts: readonly {
        readonly name: string;
        readonly phones: readonly string[];
        readonly emails: readonly string[];
      }[];
    }
  /** Upon one of our messages, by the provider's id; without an emoji it is taken back. */
  | { readonly kind: 'reaction'; readonly to: string; readonly emoji: string | undefined }
  /** She tapped something we offered. */
  | { readonly kind: 'choice'; readonly id: string; readonly title: string; readonly description?: string }
  | { readonly kind: 'form'; readonly name: string; readonly response: Json }
  | {
      readonly kind: 'order';
      readonly catalogId: string;
      readonly text?: string;
      readonly items: readonly {
        readonly productId: string;
        readonly quantity: number;
        /** Of one, in main units as the platform writes it. */
        readonly price: number;
        readonly currency: string;
      }[];
    }
  /** Nothing is dropped: what is not known is kept as it came, and shown as such. */
  | { readonly kind: 'unsupported'; readonly type: string; readonly raw: Json };

/** A message that came in. */
export interface InboundMessage {
  readonly kind: 'message';
  /** The provider's id; the same id is the same message. */
  readonly providerId: string;
  readonly atMs: number;
  readonly from: Sender;
  /** Which of our numbers or pages it came to, as the provider names it. */
  readonly to: string;
  /** The message it answers, by the provider's id. */
  readonly replyTo?: string;
  readonly isForwarded?: boolean;
  readonly content: InboundContent;
  /** The advertisement or link that led here, as the provider says it. */
  readonly referral?: Json;
  /** The product she asks about: she wrote from its page. */
  readonly product?: { readonly catalogId: string; readonly productId: string };
  /** What she replied with is one of the words that end or begin messages, as the provider judged it. */
  readonly optOut?: 'stop' | 'start' | 'help';
}

/** How far a message came. Order of arrival means nothing: the furthest counts. */
export type ReceiptState = 'accepted' | 'sent' | 'delivered' | 'read' | 'clicked' | 'failed';

/** What became of a message of ours. */
export interface ReceiptNews {
  readonly kind: 'receipt';
  /** The provider's id of our message; of those with two, the one known first. */
  readonly providerId: string;
  /** Another id it goes by from now on. */
  readonly alias?: string;
  /** Our own id of it, where the provider carries it along. */
  readonly messageId?: string;
  readonly state: ReceiptState;
  readonly atMs: number;
  readonly fault?: ProviderFault;
  /** Whom it went to, as the provider knows her. */
  readonly recipient?: Sender;
  /** What it cost, as the provider says it. */
  readonly pricing?: Json;
}

/** She said at the platform itself whether she wants to be written to. */
export interface PreferenceNews {
  readonly kind: 'preference';
  readonly from: Sender;
  readonly to: string;
  /** `marketing`: only that; `all`: everything from this number. */
  readonly about: 'marketing' | 'all';
  readonly wants: boolean;
  readonly atMs: number;
  /** The same id is the same word. */
  readonly providerId: string;
}

/** An approved template changed at the platform. */
export interface TemplateNews {
  readonly kind: 'template';
  readonly name: string;
  readonly language: string;
  readonly providerId?: string;
  readonly status?: string;
  readonly category?: string;
  readonly quality?: string;
  readonly reason?: string;
  readonly atMs: number;
}

/** Something about the account itself: its quality, its limits, its standing. */
export interface AccountNews {
  readonly kind: 'account';
  readonly what: string;
  readonly atMs: number;
  readonly raw: Json;
}

export type ChannelNews = InboundMessage | ReceiptNews | PreferenceNews | TemplateNews | AccountNews;

/**
 * What a provider's refusal means for us.
 * `retry`: the same again later. `recipient`: never to her. `content`: never this. `window`: not free text, an approved template.
 * `template`: the template cannot be used. `account`: nothing goes through this account until somebody acts. `opt_out`: she wants
 * nothing from it. `hold`: not now, but after `retryAfterMs` at the earliest.
 */
export type FaultClass = 'retry' | 'recipient' | 'content' | 'window' | 'template' | 'account' | 'opt_out' | 'hold';

export interface ProviderFault {
  readonly class: FaultClass;
  /** The provider's own. */
  readonly code: string;
  /** In our words or the provider's; never an address. */
  readonly reason: string;
  readonly retryAfterMs?: number;
}
