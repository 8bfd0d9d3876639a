/** A picture, a film, a recording or a file that a channel fetches from its address. */
export interface MediaContent {
  readonly media: 'image' | 'video' | 'audio' | 'document' | 'sticker';
  /** `https:`; fetched by the provider. */
  readonly url: string;
  /** Of documents: what it is called at the customer's. */
  readonly filename?: string;
}

/** Above the text of a message with buttons. */
export type HeaderContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'media'; readonly media: MediaContent };

export interface Choice {
  /** Comes back when it is chosen. */
  readonly id: string;
  readonly title: string;
  readonly description?: string;
}

/** One value of an approved template; `name` where its placeholders have names. */
export interface TemplateValue {
  readonly name?: string;
  readonly text: string;
}

/** What fills a button of an approved template, by the place of the button from 0. */
export interface TemplateButton {
  readonly index: number;
  readonly kind: 'url' | 'quick_reply' | 'copy_code' | 'catalog' | 'products';
  /** The end of the address, what comes back, the code, the product of the thumbnail; of `products` see `sections`. */
  readonly value: string;
  readonly sections?: readonly { readonly title: string; readonly productIds: readonly string[] }[];
}

interface Framed {
  readonly header?: HeaderContent;
  readonly body: string;
  readonly footer?: string;
}

/**
 * One message as a phone shows it, made for its channel: it holds to the lengths and numbers of the channel's capability
 * table. Adapters say it in their provider's words and never shorten it.
 */
export type PhoneContent =
  | { readonly kind: 'text'; readonly text: string; readonly isPreviewed?: boolean }
  | ({ readonly kind: 'media'; readonly caption?: string } & MediaContent)
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
        readonly organisation?: string;
      }[];
    }
  /** Upon a message of the other side, by the provider's id; without an emoji it is taken back. */
  | { readonly kind: 'reaction'; readonly to: string; readonly emoji: string | undefined }
  | ({ readonly kind: 'buttons'; readonly choices: readonly Choice[] } & Framed)
  | ({
      readonly kind: 'list';
      /** On the button that opens it. */
      readonly label: string;
      readonly sections: readonly { readonly title?: string; readonly choices: readonly Choice[] }[];
    } & Framed)
  | ({ readonly kind: 'link'; readonly label: string; readonly url: string } & Framed)
  | ({ readonly kind: 'location_request' } & Framed)
  | {
      readonly kind: 'product';
      readonly catalogId: string;
      readonly productId: string;
      readonly body?: string;
      readonly footer?: string;
    }
  | {
      readonly kind: 'products';
      readonly catalogId: string;
      readonly header: string;
      readonly body: string;
      readonly footer?: string;
      readonly sections: readonly { readonly title: string; readonly productIds: readonly string[] }[];
    }
  | { readonly kind: 'catalog'; readonly body: string; readonly footer?: string; readonly productId?: string }
  /** Approved by the platform beforehand; may go at any time. */
  | {
      readonly kind: 'template';
      readonly name: string;
      /** As the platform writes it: `de`, `en_US`. */
      readonly language: string;
      /** The provider's own id of it, where it has one (Gupshup's uuid, Twilio's ContentSid). */
      readonly providerId?: string;
      readonly header?:
        | HeaderContent
        | {
            readonly kind: 'location';
            readonly latitude: number;
            readonly longitude: number;
            readonly name?: string;
            readonly address?: string;
          };
      readonly values: readonly TemplateValue[];
      readonly buttons: readonly TemplateButton[];
    };

/** What a message on a phone may be. */
export type PhoneKind = PhoneContent['kind'];

/** What a text message is: pictures make it an MMS. */
export interface SmsContent {
  readonly text: string;
  readonly media: readonly MediaContent[];
}
