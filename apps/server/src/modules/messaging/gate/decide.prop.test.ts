import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, explain } from './decide.ts';
import type { CapFact, SendFacts } from './send-facts.ts';
import { DEFAULT_POLICY, type SendPolicy } from './send-policy.ts';

const reason = fc.option(fc.constantFrom('hard_bounce', 'complaint'), { nil: undefined });
const limit = fc.record({ limitMax: fc.nat(3), windowMs: fc.integer({ min: 1, max: 20 }) });
const counts = fc.array(fc.nat(100), { maxLength: 6 });
const policy: fc.Arbitrary<SendPolicy> = fc.record({
  isPaused: fc.boolean(),
  cap: limit,
  caps: fc.constant([]),
  whenCapped: fc.constantFrom('hold', 'refuse'),
  lessOften: limit,
  quietHours: fc.option(
    fc.record({
      windows: fc.constant([{ fromMinute: 0, toMinute: 12 * 60, days: undefined }]),
      channels: fc.option(fc.constantFrom(['email'], ['sms']), { nil: undefined }),
      action: fc.constantFrom('hold', 'refuse'),
    }),
    { nil: undefined },
  ),
  minGapMs: fc.nat(20),
  holdoutPercent: fc.constantFrom(0, 50),
  rates: fc.constant([]),
  holdMaxMs: fc.constantFrom(10, 1_000),
});
const cap: fc.Arbitrary<CapFact> = fc.record({
  cap: limit.map((one) => ({ ...one, channel: undefined, topic: undefined })),
  countedAt: counts,
  rivals: fc.nat(2),
});
const facts: fc.Arbitrary<SendFacts> = fc.record({
  policy,
  channelReady: fc.boolean(),
  channel: fc.constant('email'),
  profileExists: fc.boolean(),
  isRestricted: fc.boolean(),
  isObjectedProfiling: fc.boolean(),
  templateExists: fc.boolean(),
  marketing: fc.boolean(),
  permission: fc.constantFrom('permitted', 'denied', 'unconfirmed', 'unasked'),
  asking: fc.option(fc.record({ refusedFor: reason }), { nil: undefined }),
  hasAddress: fc.boolean(),
  suppressedFor: reason,
  holdoutPlace: fc.nat(99),
  heldOutFor: reason,
  unwantedFor: reason,
  promotion: fc.option(fc.record({ by: fc.constantFrom('bought', 'stock'), reason: fc.constant('why') }), {
    nil: undefined,
  }),
  caps: fc.array(cap, { maxLength: 2 }),
  pausedUntil: fc.option(fc.integer({ min: 90, max: 140 }), { nil: undefined }),
  lessOften: fc.option(fc.record({ cap: limit, countedAt: counts }), { nil: undefined }),
  zones: fc.constantFrom(
    { zones: ['UTC'], from: 'trait' } as const,
    { zones: ['Pacific/Auckland'], from: 'phone' } as const,
  ),
  lastCountedAt: fc.option(fc.integer({ min: 80, max: 100 }), { nil: undefined }),
  dueAt: fc.integer({ min: 60, max: 100 }),
  expiresAt: fc.option(fc.integer({ min: 90, max: 140 }), { nil: undefined }),
  rate: fc.option(
    fc.record({
      rate: fc.record({
        channel: fc.constant('email'),
        perSecond: fc.constantFrom(50, 1_000),
        burst: fc.integer({ min: 1, max: 3 }),
      }),
      spentUntilMs: fc.integer({ min: 80, max: 160 }),
    }),
    { nil: undefined },
  ),
  brokenFor: reason,
});

const inWindow = (counted: readonly number[], { windowMs }: { windowMs: number }, now: number) =>
  counted.filter((at) => now - at < windowMs).length;

/** The same rules said naively: everything that forbids, in no order. */
function isForbidden(given: SendFacts, now: number): boolean {
  const { policy: rules, lessOften } = given;
  // Shortly after the epoch it is past midnight in Greenwich, and past noon in Auckland.
  const isNight = given.zones.from === 'trait';
  const quiet = rules.quietHours;
  const whatever = [
    rules.isPaused,
    !given.channelReady,
    !given.profileExists,
    given.isRestricted,
    !given.templateExists,
    !given.hasAddress,
    given.suppressedFor !== undefined,
    given.asking === undefined ? given.permission !== 'permitted' : given.asking.refusedFor !== undefined,
    given.unwantedFor !== undefined,
    given.promotion !== undefined,
    given.expiresAt !== undefined && given.expiresAt <= now,
    now > given.dueAt + rules.holdMaxMs,
    given.brokenFor !== undefined,
    // So many of the last could have gone at once, had they all come now.
    given.rate !== undefined &&
      given.rate.spentUntilMs - now > (given.rate.rate.burst - 1) * (1_000 / given.rate.rate.perSecond),
  ];
  const ofMarketing = [
    given.isObjectedProfiling,
    given.heldOutFor !== undefined,
    given.holdoutPlace < rules.holdoutPercent,
    (given.pausedUntil ?? 0) > now,
    given.caps.some((one) => inWindow(one.countedAt, one.cap, now) + one.rivals + 1 > one.cap.limitMax),
    lessOften !== undefined && inWindow(lessOften.countedAt, lessOften.cap, now) + 1 > lessOften.cap.limitMax,
    quiet !== undefined && isNight && (quiet.channels ?? ['email']).includes('email'),
    given.lastCountedAt !== undefined && now - given.lastCountedAt < rules.minGapMs,
  ];
  return whatever.some(Boolean) || (given.marketing && ofMarketing.some(Boolean));
}

/** Nothing stands in the way. */
const OPEN: SendFacts = {
  ...{ policy: DEFAULT_POLICY, channelReady: true, channel: 'email', profileExists: true, isRestricted: false },
  ...{ isObjectedProfiling: false, templateExists: true, marketing: true, permission: 'permitted', asking: undefined },
  ...{ hasAddress: true, suppressedFor: undefined, holdoutPlace: 99, heldOutFor: undefined, unwantedFor: undefined },
  ...{ promotion: undefined, caps: [], pausedUntil: undefined, lessOften: undefined, lastCountedAt: undefined },
  ...{ zones: { zones: ['UTC'], from: 'workspace' }, dueAt: 100, expiresAt: undefined, rate: undefined },
  brokenFor: undefined,
};

describe('decide', () => {
  it('sends exactly when nothing forbids it', () => {
    fc.assert(
      fc.property(facts, fc.integer({ min: 100, max: 130 }), (given, now) => {
        expect(decide(given, now).kind === 'send').toBe(!isForbidden(given, now));
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('holds only until an instant that is still to come', () => {
    fc.assert(
      fc.property(facts, fc.integer({ min: 100, max: 130 }), (given, now) => {
        const decision = decide(given, now);
        if (decision.kind === 'hold') expect(decision.untilMs).toBeGreaterThan(now);
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('is explained by the same rules: the first that speaks is the decision', () => {
    fc.assert(
      fc.property(facts, fc.integer({ min: 100, max: 130 }), (given, now) => {
        const decision = decide(given, now);
        const first = explain(given, now).find(({ verdict }) => verdict !== undefined);
        expect({ ...(first?.verdict ?? { kind: 'send' }), ...(first && { by: first.by }) }).toEqual(decision);
      }),
    );
  });

  it('never lets a window of any place hold more marketing messages than any of the caps, held or refused', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat(8), marketing: fc.boolean() }), { maxLength: 60 });
    const caps = fc.array(limit, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(steps, caps, fc.constantFrom('hold', 'refuse'), (moves, limits, whenCapped) => {
        const countedAt: number[] = [];
        let now = 1_000;
        for (const { waitMs, marketing } of moves) {
          now += waitMs;
          const facing = limits.map((one) => ({
            cap: { ...one, channel: undefined, topic: undefined },
            ...{ countedAt, rivals: 0 },
          }));
          const rules = { ...DEFAULT_POLICY, whenCapped } as const;
          const decision = decide({ ...OPEN, policy: rules, marketing, dueAt: now, caps: facing }, now);
          if (!marketing) expect(decision.kind).toBe('send');
          else if (decision.kind === 'send') countedAt.push(now);
        }
        for (const { limitMax, windowMs } of limits)
          for (const start of countedAt)
            expect(countedAt.filter((at) => at >= start && at < start + windowMs).length).toBeLessThanOrEqual(limitMax);
      }),
    );
  });

  it('lets what a cap holds back go at the very instant at which there is room, and no earlier', () => {
    fc.assert(
      fc.property(limit, fc.array(fc.integer({ min: 80, max: 100 }), { maxLength: 6 }), (one, countedAt) => {
        const caps = [{ cap: { ...one, channel: undefined, topic: undefined }, countedAt, rivals: 0 }];
        const given = { ...OPEN, caps, policy: { ...DEFAULT_POLICY, whenCapped: 'hold' } } as const;
        const decision = decide(given, 100);
        if (decision.kind !== 'hold') return;
        expect(decide(given, decision.untilMs).kind).toBe('send');
        expect(decide(given, decision.untilMs - 1).kind).toBe('hold');
      }),
    );
  });

  it('leaves the last place under a cap to what matters more', () => {
    const cap = { limitMax: 2, windowMs: 1_000, channel: undefined, topic: undefined };
    const by = (rivals: number) => decide({ ...OPEN, caps: [{ cap, countedAt: [90], rivals }] }, 100);
    expect(by(0)).toEqual({ kind: 'send' });
    expect(by(1)).toMatchObject({ kind: 'hold', by: 'cap', reason: 'messages that matter more go first' });
  });

  it('tells a suppressed address before a missing permission, that before a holdout, and that before a cap', () => {
    const by = (over: Partial<SendFacts>) => {
      const decision = decide({ ...OPEN, ...over }, 120);
      return decision.kind === 'send' ? undefined : decision.by;
    };
    const full = {
      caps: [{ cap: { limitMax: 0, windowMs: 5, channel: undefined, topic: undefined }, countedAt: [], rivals: 0 }],
    };
    const heldOut = { ...full, heldOutFor: 'compared' };
    const denied = { ...heldOut, permission: 'denied' } as const;
    expect(by({ ...denied, suppressedFor: 'complaint' })).toBe('suppression');
    expect(by(denied)).toBe('consent');
    expect(by(heldOut)).toBe('holdout');
    expect(by({ ...full, pausedUntil: 121 })).toBe('paused');
    expect(by({ ...full, unwantedFor: 'bought it' })).toBe('goal');
    expect(by(full)).toBe('cap');
  });

  it('binds no transactional message to caps, hours, gaps or the holdout', () => {
    const strict: SendPolicy = {
      ...DEFAULT_POLICY,
      ...{ minGapMs: 1_000, holdoutPercent: 100 },
      quietHours: {
        windows: [{ fromMinute: 0, toMinute: 720, days: undefined }],
        channels: undefined,
        action: 'refuse',
      },
    };
    const full = [
      { cap: { limitMax: 0, windowMs: 5, channel: undefined, topic: undefined }, countedAt: [], rivals: 3 },
    ];
    const given = { ...OPEN, policy: strict, caps: full, lastCountedAt: 99, holdoutPlace: 1 };
    expect(decide({ ...given, marketing: false }, 120)).toEqual({ kind: 'send' });
    expect(decide({ ...given, marketing: false, policy: { ...strict, isPaused: true } }, 120)).toMatchObject({
      ...{ kind: 'hold', by: 'workspace' },
    });
  });
});
