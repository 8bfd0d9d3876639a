import type { RefusedBy } from '../types.ts';
import type { CustomerZones } from './customer-zones.ts';
import type { SendRate } from './send-rate.ts';
import type { FrequencyCap, ScopedCap, SendPolicy } from './send-policy.ts';

/** A cap that a message falls under, and when messages were counted against it. */
export interface CapFact {
  readonly cap: ScopedCap;
  readonly countedAt: readonly number[];
  /** Messages to her that are due, matter more and fall under it too: each gets its place first. */
  readonly rivals: number;
}

/** All that decides whether a message may go, read while its profile is locked. */
export interface SendFacts {
  readonly policy: SendPolicy;
  /** An account to send with is set up. */
  readonly channelReady: boolean;
  readonly profileExists: boolean;
  /** She asked that nothing be done with what is known of her. */
  readonly isRestricted: boolean;
  readonly templateExists: boolean;
  readonly channel: string;
  /** The topic asks for permission; such messages are marketing, bound by the policy. */
  readonly marketing: boolean;
  readonly permission: 'permitted' | 'denied' | 'unconfirmed' | 'unasked';
  /** The message asks for a permission instead of needing one: whether it may, and why not. */
  readonly asking: { readonly refusedFor: string | undefined } | undefined;
  readonly hasAddress: boolean;
  /** Why the address must not be used. */
  readonly suppressedFor: string | undefined;
  /** Where she stands among a hundred. */
  readonly holdoutPlace: number;
  /** Why a sender of the message keeps it from her to compare. */
  readonly heldOutFor: string | undefined;
  /** Why the sender no longer wants it sent: the goal was reached, the run has ended. */
  readonly unwantedFor: string | undefined;
  /** What it invites to buy is bought already, or sold out. */
  readonly promotion: { readonly by: 'bought' | 'stock'; readonly reason: string } | undefined;
  readonly caps: readonly CapFact[];
  /** Until when she asked to be left alone, in milliseconds. */
  readonly pausedUntil: number | undefined;
  /** A journey chose it for her by what is known of her, and she objected to that. */
  readonly isObjectedProfiling: boolean;
  /** She asked to hear from us less often: the cap for that, and her counted messages of every channel. */
  readonly lessOften: { readonly cap: FrequencyCap; readonly countedAt: readonly number[] } | undefined;
  readonly zones: CustomerZones;
  /** When marketing last went to her, on any channel. */
  readonly lastCountedAt: number | undefined;
  /** When it was to go. */
  readonly dueAt: number;
  /** After that it is of no use any more. */
  readonly expiresAt: number | undefined;
  /** How fast the channel goes, and where its spending stands; undefined: as fast as it takes them. */
  readonly rate: { readonly rate: SendRate; readonly spentUntilMs: number } | undefined;
  /** Why the content cannot be rendered. */
  readonly brokenFor: string | undefined;
}

/** The numbers a rule decided by. */
export type DecidedBy = Readonly<Record<string, number | string | null>>;

/** What a rule says of a message. A `hold` is asked again at `untilMs`, which is not earlier than it can change. */
export type Verdict =
  | { readonly kind: 'refuse'; readonly reason: string; readonly numbers?: DecidedBy }
  | { readonly kind: 'hold'; readonly untilMs: number; readonly reason: string; readonly numbers?: DecidedBy };

export type SendDecision =
  | { readonly kind: 'send' }
  | { readonly kind: 'refuse'; readonly by: RefusedBy; readonly reason: string; readonly numbers?: DecidedBy }
  | {
      readonly kind: 'hold';
      readonly by: RefusedBy;
      readonly untilMs: number;
      readonly reason: string;
      readonly numbers?: DecidedBy;
    };
