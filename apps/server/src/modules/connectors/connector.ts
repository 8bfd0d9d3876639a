import type { AnswerOf, api } from '@segue/contract';
import type { JsonObject } from '../../platform/json.ts';
import type { ShopRecord } from './records.ts';

export type ConnectorKind = AnswerOf<typeof api.getConnector>['kind'];

/** A call of a shop as it came over the wire. */
export interface RawDelivery {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** What a signed delivery is about, as far as its headers and ids say. */
export interface DeliveryHead {
  readonly topic: string;
  /** The same for the same delivery, however often it is sent. */
  readonly deliveryKey: string;
  /** The same for the same event in several deliveries; undefined: the shop does not say. */
  readonly eventKey: string | undefined;
  readonly triggeredAtMs: number | undefined;
}

export type Verified =
  | { readonly kind: 'signed'; readonly head: DeliveryHead }
  /** A call that only asks whether anybody is there. */
  | { readonly kind: 'ping' }
  | { readonly kind: 'refused' };

/** What normalising needs to know beside the payload. */
export interface NormaliseContext {
  readonly settings: ConnectorSettings;
  readonly triggeredAtMs: number | undefined;
  readonly receivedAtMs: number;
  /** Of what was asked for: when the shop answered, by its own clock. */
  readonly answeredAtMs?: number | undefined;
}

export type Normalised =
  | { readonly kind: 'records'; readonly records: readonly ShopRecord[] }
  /** Nothing of it is kept; the reason stands in the inbox. */
  | { readonly kind: 'ignored'; readonly reason: string };

/** What a workspace decides about a connector. No secrets. */
export interface ConnectorSettings {
  /** ISO 4217: of prices that come without a currency. */
  readonly currency: string;
  /** Of orders that do not say theirs. */
  readonly channel: string;
  /** Whether user ids in this workspace are customer ids of this shop. */
  readonly matchCustomerIds: boolean;
  /** Whether stock changes are told to the shop. */
  readonly pushesStock: boolean;
  /** The consent topic a yes at the shop is about. */
  readonly consentTopic: string;
  /** Fields this connector is the truth of; left out: all of them. */
  readonly truth: readonly TruthField[] | undefined;
  /** Of Shopify: version of the Admin API. */
  readonly apiVersion: string | undefined;
  /** Where the shop's API is. */
  readonly apiUrl: string | undefined;
  /** Where the shop reaches this server; it is told when it is asked for webhooks. */
  readonly hookUrl: string | undefined;
}
export type TruthField = 'products' | 'prices' | 'stock' | 'orders' | 'customers';

/** The secrets of a connector, sealed where they lie. */
export interface ConnectorSecrets {
  /** Webhooks are signed with it. */
  readonly signing?: string | undefined;
  /** The one before, until the shop uses the new one. */
  readonly previousSigning?: string | undefined;
  readonly previousUntilMs?: number | undefined;
  /** Of Shopify: the token of the Admin API. */
  readonly accessToken?: string | undefined;
  /** Of WooCommerce. */
  readonly consumerKey?: string | undefined;
  readonly consumerSecret?: string | undefined;
}

/**
 * What a shop platform has to say about itself. Everything else is the same for all: inbox, order by source version, upsert,
 * events, checkpoints, back-fill, report, replay.
 */
export interface Connector {
  readonly kind: ConnectorKind;
  /** Whether the shop itself sent it: over the bytes as they came, in constant time, by each secret that holds now. */
  verify(delivery: RawDelivery, own: { readonly secrets: readonly string[]; readonly account: string }): Verified;
  /** What the payload says, whatever was said before. Pure; throws `UnfitPayload`. */
  normalise(delivery: { topic: string; body: Buffer }, context: NormaliseContext): Normalised;
}

/** A page of what a shop answers when it is asked. */
export interface ShopPage {
  readonly records: readonly ShopRecord[];
  /** Undefined: it was the last one. */
  readonly next: JsonObject | undefined;
  /** The shop asks to be left alone so long. */
  readonly restMs: number;
}

export const SHOP_RESOURCES = ['locations', 'products', 'customers', 'orders', 'levels'] as const;
export type ShopResource = (typeof SHOP_RESOURCES)[number];

export interface PageQuery {
  readonly resource: ShopResource;
  /** Only what changed since; undefined: everything. */
  readonly sinceMs: number | undefined;
  /** Of orders: only those placed then; what changed does not matter. */
  readonly placed: { readonly fromMs: number; readonly toMs: number } | undefined;
  readonly place: JsonObject | undefined;
}

export interface StockPush {
  readonly variantRef: string;
  /** What the shop counts stock by. */
  readonly itemRef: string;
  readonly locationRef: string | undefined;
  readonly productRef: string | undefined;
  readonly quantity: number;
  /** What the shop had when it was last asked; it refuses when it has something else now. */
  readonly expected: number | undefined;
  /** The same for the same wish: a repeat changes nothing. */
  readonly key: string;
}

export type PushOutcome =
  | { readonly kind: 'set' }
  /** Somebody else changed it meanwhile; what it is now, and since when by the shop's own clock, where it says so. */
  | { readonly kind: 'stale'; readonly quantity: number | undefined; readonly atMs?: number | undefined }
  | { readonly kind: 'refused'; readonly reason: string };

/** Calls to a shop. Each throws `ShopFault` when the shop could not answer; the work is done again later. */
export interface ShopClient {
  readonly resources: readonly ShopResource[];
  page(query: PageQuery): Promise<ShopPage>;
  /** Whether address and key are right: what the shop calls itself. */
  check(): Promise<string>;
  pushStock(pushes: readonly StockPush[]): Promise<readonly PushOutcome[]>;
  /** Sees to it that the shop sends what is to be sent; answers what had to be mended. */
  mendWebhooks(hookUrl: string): Promise<readonly string[]>;
}

/** The shop did not do what it was asked. */
export class ShopFault extends Error {
  readonly retryAfterMs: number | undefined;
  /** Asking again will not help: a wrong key, a missing right. */
  readonly isFinal: boolean;
  /** It understood who asks, and not what: another question may be answered. */
  readonly isOfQuestion: boolean;

  constructor(
    message: string,
    options: { retryAfterMs?: number | undefined; isFinal?: boolean; isOfQuestion?: boolean } = {},
  ) {
    super(message);
    this.retryAfterMs = options.retryAfterMs;
    this.isFinal = options.isFinal ?? false;
    this.isOfQuestion = options.isOfQuestion ?? false;
  }
}
