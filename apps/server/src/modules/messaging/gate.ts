import type { RefusedBy } from './types.ts';

/** At most `limitMax` marketing messages per channel in any window of `windowMs`. */
export interface FrequencyCap {
  readonly limitMax: number;
  readonly windowMs: number;
}

/** A shop that says nothing gets this: enough for a journey of an afternoon, too little to annoy. */
export const DEFAULT_CAP: FrequencyCap = { limitMax: 5, windowMs: 24 * 3_600_000 };

/** For customers who asked to hear from us less often; of all channels together. */
export const DEFAULT_LESS_OFTEN: FrequencyCap = { limitMax: 1, windowMs: 7 * 24 * 3_600_000 };

/** All that decides whether a message may go, read while its profile is locked. */
export interface SendFacts {
  /** An account to send with is set up. */
  readonly channelReady: boolean;
  readonly profileExists: boolean;
  /** She asked that nothing be done with what is known of her. */
  readonly isRestricted: boolean;
  readonly templateExists: boolean;
  /** The topic asks for permission; such messages are marketing and counted against the cap. */
  readonly marketing: boolean;
  readonly permission: 'permitted' | 'denied' | 'unconfirmed' | 'unasked';
  /** The message asks for a permission instead of needing one: whether it may, and why not. */
  readonly asking: { readonly refusedFor: string | undefined } | undefined;
  readonly hasAddress: boolean;
  /** Why the address must not be used. */
  readonly suppressedFor: string | undefined;
  /** Why the sender no longer wants it sent: the goal was reached, the run has ended. */
  readonly unwantedFor: string | undefined;
  /** What it invites to buy is bought already, or sold out. */
  readonly promotion: { readonly by: 'bought' | 'stock'; readonly reason: string } | undefined;
  readonly cap: FrequencyCap;
  /** When marketing messages were counted for this profile on this channel. */
  readonly countedAt: readonly number[];
  /** Until when she asked to be left alone, in milliseconds. */
  readonly pausedUntil: number | undefined;
  /** A journey chose it for her by what is known of her, and she objected to that. */
  readonly isObjectedProfiling: boolean;
  /** She asked to hear from us less often: the cap for that, and her counted messages of every channel. */
  readonly lessOften: { readonly cap: FrequencyCap; readonly countedAt: readonly number[] } | undefined;
  /** Why the content cannot be rendered. */
  readonly brokenFor: string | undefined;
}

export type SendDecision =
  | { readonly kind: 'send' }
  | { readonly kind: 'refuse'; readonly by: RefusedBy; readonly reason: string };

/** The policy gate: no message leaves without it. The first rule that speaks decides. */
export function decide(facts: SendFacts, now: number): SendDecision {
  if (!facts.channelReady) return refuse('channel', 'no account is set up for this channel');
  if (!facts.profileExists) return refuse('profile', 'the profile does not exist');
  if (facts.isRestricted) return refuse('restricted', 'the customer asked that nothing be done with her data');
  if (!facts.templateExists) return refuse('template', 'there is no such template');
  if (!facts.hasAddress) return refuse('address', 'the profile has no address on this channel');
  if (facts.suppressedFor !== undefined) return refuse('suppression', facts.suppressedFor);
  if (facts.asking !== undefined) {
    if (facts.asking.refusedFor !== undefined) return refuse('consent', facts.asking.refusedFor);
  } else if (facts.permission !== 'permitted') return refuse('consent', CONSENT_REASONS[facts.permission]);
  if (facts.unwantedFor !== undefined) return refuse('goal', facts.unwantedFor);
  if (facts.promotion !== undefined) return refuse(facts.promotion.by, facts.promotion.reason);
  if (facts.marketing) {
    const { pausedUntil, lessOften } = facts;
    if (facts.isObjectedProfiling) return refuse('profiling', 'the customer objected to being profiled for marketing');
    if (pausedUntil !== undefined && pausedUntil > now)
      return refuse('paused', `paused by the customer until ${new Date(pausedUntil).toISOString()}`);
    const counted = countInWindow(facts.countedAt, facts.cap, now);
    if (counted >= facts.cap.limitMax) return refuse('cap', capReason(facts.cap, counted));
    const often = lessOften === undefined ? 0 : countInWindow(lessOften.countedAt, lessOften.cap, now);
    if (lessOften !== undefined && often >= lessOften.cap.limitMax)
      return refuse('frequency', `the customer asked for less: ${capReason(lessOften.cap, often)}`);
  }
  if (facts.brokenFor !== undefined) return refuse('content', facts.brokenFor);
  return { kind: 'send' };
}

const CONSENT_REASONS = {
  denied: 'permission for this topic was withdrawn',
  unconfirmed: 'permission for this topic was not confirmed',
  unasked: 'permission for this topic was never given',
} as const;

function refuse(by: RefusedBy, reason: string): SendDecision {
  return { kind: 'refuse', by, reason };
}

function countInWindow(countedAt: readonly number[], cap: FrequencyCap, now: number): number {
  let counted = 0;
  for (const at of countedAt) if (at > now - cap.windowMs) counted++;
  return counted;
}

function capReason(cap: FrequencyCap, counted: number): string {
  return `${counted} of at most ${cap.limitMax} messages went out in the last ${Math.round(cap.windowMs / 60_000)} minutes`;
}
