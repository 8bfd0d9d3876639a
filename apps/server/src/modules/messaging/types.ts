import type { PromotedProduct } from '@segue/contract';
import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import type { VersionContent } from '../content/index.ts';

/** Channels a message can leave on. */
export const SENDING_CHANNELS = ['email'] as const;
export type ChannelName = (typeof SENDING_CHANNELS)[number];

/** Who asked for a message. */
export type MessageSource =
  | {
      readonly kind: 'journey';
      readonly journeyId: string;
      readonly version: number;
      readonly runId: string;
      readonly stepId: string;
    }
  | { readonly kind: 'api' }
  /** It asks to confirm a consent, and only that. */
  | { readonly kind: 'confirmation'; readonly confirmationId: string };

/** What is told of what she does with a message. */
export interface Tracking {
  readonly opens: boolean;
  readonly clicks: boolean;
}

/** The wish to send one message to one profile. The same `intentKey` is the same wish: it is sent at most once. */
export interface MessageIntent {
  /** Unique in the workspace. */
  readonly intentKey: string;
  /** Undefined: whoever `toNode` turns out to be. */
  readonly profileId: string | undefined;
  /** What the message's own events are archived under. */
  readonly node: NodeRef;
  readonly channel: ChannelName;
  readonly topic: string;
  /** Undefined: it says `inline` itself. */
  readonly templateId: string | undefined;
  readonly inline?: VersionContent;
  /** It goes to the address of this node and to no other. */
  readonly toNode?: number;
  /** Both, when left out. */
  readonly tracking?: Tracking;
  /** What the template may show beside the profile's traits; sealed at rest. */
  readonly variables: JsonObject;
  /** What it invites to buy. */
  readonly products?: readonly PromotedProduct[];
  /** From 1 to 9; 5 when left out. */
  readonly priority?: number;
  /** When it is to go; at once when left out. */
  readonly dueAt?: number;
  /** After that it is of no use. */
  readonly expiresAt?: number;
  /** What it is part of. */
  readonly campaign?: string;
  readonly source: MessageSource;
}

/**
 * `queued` waits for its time, its lanes or another attempt; `sending` was decided and counted and may have reached the
 * provider. The other four are ends.
 */
export type MessageStatus = 'queued' | 'sending' | 'sent' | 'refused' | 'failed' | 'unknown';

/** The rule that refused a message or holds it back. */
export type RefusedBy =
  | 'workspace'
  | 'channel'
  | 'template'
  | 'profile'
  | 'restricted'
  | 'profiling'
  | 'suppression'
  | 'consent'
  | 'address'
  | 'holdout'
  | 'goal'
  | 'bought'
  | 'stock'
  | 'untrue'
  | 'expired'
  | 'paused'
  | 'frequency'
  | 'cap'
  | 'quiet'
  | 'gap'
  | 'rate'
  | 'content';

/** One line of a message's history, as it is stored with the message. */
export interface MessageMoment {
  readonly at: number;
  readonly what: MessageStatus | 'waiting' | 'held' | 'retry';
  readonly by?: string;
  readonly reason?: string;
  readonly attempt?: number;
  /** The numbers a rule decided by. */
  readonly numbers?: Readonly<Record<string, number | string | null>>;
  /** Of what is held: when it is asked again. */
  readonly until?: number;
}
