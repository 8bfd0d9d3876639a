import type { RefusedBy } from '../types.ts';
import { capRule, lessOftenRule } from './cap-rule.ts';
import { quietUntil } from './quiet-hours.ts';
import type { SendFacts, Verdict } from './send-facts.ts';
import { nextSlotMs } from './send-rate.ts';

/** How long a message of a paused workspace waits before it is looked at again. */
const PAUSE_LOOK_MS = 30_000;

/** One rule of the gate: nothing, or why a message must not go now. */
export interface Rule {
  readonly by: RefusedBy;
  /** What it asks, in a few words. */
  readonly asks: string;
  judge(facts: SendFacts, now: number): Verdict | undefined;
}

const refuse = (reason: string): Verdict => ({ kind: 'refuse', reason });

function rule(by: RefusedBy, asks: string, judge: Rule['judge']): Rule {
  return { by, asks, judge };
}

/** A rule about marketing only. */
function marketingRule(by: RefusedBy, asks: string, judge: Rule['judge']): Rule {
  return { by, asks, judge: (facts, now) => (facts.marketing ? judge(facts, now) : undefined) };
}

/**
 * The policy gate, in its order: the first rule that speaks decides. What can never become true again comes before what only has
 * to wait, so that nothing waits in vain.
 */
export const RULES: readonly Rule[] = [
  rule('workspace', 'is sending paused', ({ policy }, now) =>
    policy.isPaused
      ? { kind: 'hold', untilMs: now + PAUSE_LOOK_MS, reason: 'sending is paused in this workspace' }
      : undefined,
  ),
  rule('channel', 'is there an account for the channel', (facts) =>
    facts.channelReady ? undefined : refuse('no account is set up for this channel'),
  ),
  rule('profile', 'is there such a profile', (facts) =>
    facts.profileExists ? undefined : refuse('the profile does not exist'),
  ),
  rule('restricted', 'may her data be used', (facts) =>
    facts.isRestricted ? refuse('the customer asked that nothing be done with her data') : undefined,
  ),
  rule('template', 'is there such a template', (facts) =>
    facts.templateExists ? undefined : refuse('there is no such template'),
  ),
  rule('address', 'has she an address', (facts) =>
    facts.hasAddress ? undefined : refuse('the profile has no address on this channel'),
  ),
  rule('suppression', 'may the address be used', ({ suppressedFor }) =>
    suppressedFor === undefined ? undefined : refuse(suppressedFor),
  ),
  rule('consent', 'did she permit it', judgeConsent),
  marketingRule('holdout', 'is she kept out to compare', judgeHoldout),
  rule('goal', 'does its sender still want it', ({ unwantedFor }) =>
    unwantedFor === undefined ? undefined : refuse(unwantedFor),
  ),
  rule('bought', 'has she bought it', ({ promotion }) =>
    promotion?.by === 'bought' ? refuse(promotion.reason) : undefined,
  ),
  rule('stock', 'is it in stock', ({ promotion }) =>
    promotion?.by === 'stock' ? refuse(promotion.reason) : undefined,
  ),
  rule('expired', 'is it of use yet', judgeAge),
  marketingRule('profiling', 'may it be chosen for her', (facts) =>
    facts.isObjectedProfiling ? refuse('the customer objected to being profiled for marketing') : undefined,
  ),
  marketingRule('paused', 'did she ask for a pause', ({ pausedUntil }, now) =>
    pausedUntil !== undefined && pausedUntil > now
      ? refuse(`paused by the customer until ${new Date(pausedUntil).toISOString()}`)
      : undefined,
  ),
  // Before the caps: a message that is held for another reason takes nobody's place.
  rule('content', 'can it be rendered', ({ brokenFor }) => (brokenFor === undefined ? undefined : refuse(brokenFor))),
  marketingRule('cap', 'is there room under the caps', capRule),
  marketingRule('frequency', 'did she ask for less', lessOftenRule),
  marketingRule('quiet', 'is it a good hour where she is', judgeQuietHours),
  marketingRule('gap', 'is the last one long enough ago', judgeGap),
  // The last of all: only what goes is spent.
  rule('rate', 'is the channel fast enough', judgeRate),
];

function judgeConsent({ asking, permission }: SendFacts): Verdict | undefined {
  if (asking !== undefined) return asking.refusedFor === undefined ? undefined : refuse(asking.refusedFor);
  return permission === 'permitted' ? undefined : refuse(CONSENT_REASONS[permission]);
}

const CONSENT_REASONS = {
  denied: 'permission for this topic was withdrawn',
  unconfirmed: 'permission for this topic was not confirmed',
  unasked: 'permission for this topic was never given',
} as const;

function judgeHoldout({ policy: { holdoutPercent }, holdoutPlace, heldOutFor }: SendFacts): Verdict | undefined {
  if (heldOutFor !== undefined) return refuse(heldOutFor);
  if (holdoutPlace >= holdoutPercent) return undefined;
  return {
    ...{ kind: 'refuse', reason: 'one of the customers who get no marketing, to compare' },
    numbers: { percent: holdoutPercent, place: Math.floor(holdoutPlace * 100) / 100 },
  };
}

function judgeAge({ dueAt, expiresAt, policy: { holdMaxMs } }: SendFacts, now: number): Verdict | undefined {
  if (expiresAt !== undefined && now >= expiresAt) return refuse('it was of use only until then');
  if (now - dueAt <= holdMaxMs) return undefined;
  return {
    ...{ kind: 'refuse', reason: 'it was held back for too long' },
    numbers: { heldMinutes: Math.floor((now - dueAt) / 60_000), atMostMinutes: Math.floor(holdMaxMs / 60_000) },
  };
}

function judgeQuietHours({ policy: { quietHours }, channel, zones }: SendFacts, now: number): Verdict | undefined {
  if (quietHours === undefined || quietHours.channels?.includes(channel) === false) return undefined;
  const untilMs = quietUntil(quietHours.windows, zones.zones, now);
  if (untilMs === now) return undefined;
  const numbers = { zone: zones.zones.join(', '), zoneFrom: zones.from };
  const reason = 'it is quiet where the customer is';
  if (untilMs === undefined || quietHours.action === 'refuse') return { kind: 'refuse', reason, numbers };
  return { kind: 'hold', untilMs, reason, numbers };
}

function judgeGap({ policy: { minGapMs }, lastCountedAt }: SendFacts, now: number): Verdict | undefined {
  if (lastCountedAt === undefined || lastCountedAt + minGapMs <= now) return undefined;
  const minutes = Math.round(minGapMs / 60_000);
  return {
    ...{ kind: 'hold', untilMs: lastCountedAt + minGapMs },
    reason: `the last message went less than ${minutes} minutes ago`,
    numbers: { gapMinutes: minutes, lastMinutesAgo: Math.floor((now - lastCountedAt) / 60_000) },
  };
}

function judgeRate({ rate: spending }: SendFacts, now: number): Verdict | undefined {
  if (spending === undefined) return undefined;
  const { rate, spentUntilMs } = spending;
  const untilMs = nextSlotMs(rate, spentUntilMs, now);
  if (untilMs === now) return undefined;
  const numbers = { perSecond: rate.perSecond, burst: rate.burst, waitMs: untilMs - now };
  return { kind: 'hold', untilMs, reason: 'as many as may have gone on this channel', numbers };
}
