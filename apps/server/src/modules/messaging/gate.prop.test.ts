import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type SendFacts } from './gate.ts';

const reason = fc.option(fc.constantFrom('hard_bounce', 'complaint'), { nil: undefined });
const facts: fc.Arbitrary<SendFacts> = fc.record({
  channelReady: fc.boolean(),
  profileExists: fc.boolean(),
  isRestricted: fc.boolean(),
  isObjectedProfiling: fc.boolean(),
  templateExists: fc.boolean(),
  marketing: fc.boolean(),
  permission: fc.constantFrom('permitted', 'denied', 'unconfirmed', 'unasked'),
  asking: fc.option(fc.record({ refusedFor: reason }), { nil: undefined }),
  hasAddress: fc.boolean(),
  suppressedFor: reason,
  unwantedFor: reason,
  promotion: fc.option(fc.record({ by: fc.constantFrom('bought', 'stock'), reason: fc.constant('why') }), {
    nil: undefined,
  }),
  cap: fc.record({ limitMax: fc.nat(3), windowMs: fc.integer({ min: 1, max: 20 }) }),
  countedAt: fc.array(fc.nat(100), { maxLength: 6 }),
  pausedUntil: fc.option(fc.integer({ min: 90, max: 140 }), { nil: undefined }),
  lessOften: fc.option(
    fc.record({
      cap: fc.record({ limitMax: fc.nat(3), windowMs: fc.integer({ min: 1, max: 20 }) }),
      countedAt: fc.array(fc.nat(100), { maxLength: 6 }),
    }),
    { nil: undefined },
  ),
  brokenFor: reason,
});

/** The same rules said naively: everything that forbids, in no order. */
function isForbidden(given: SendFacts, now: number): boolean {
  const inWindow = given.countedAt.filter((at) => now - at < given.cap.windowMs).length;
  const { lessOften, pausedUntil } = given;
  const ofAll = lessOften?.countedAt.filter((at) => now - at < lessOften.cap.windowMs).length ?? 0;
  return [
    !given.channelReady,
    !given.profileExists,
    given.isRestricted,
    !given.templateExists,
    !given.hasAddress,
    given.suppressedFor !== undefined,
    given.asking === undefined ? given.permission !== 'permitted' : given.asking.refusedFor !== undefined,
    given.unwantedFor !== undefined,
    given.promotion !== undefined,
    given.marketing && given.isObjectedProfiling,
    given.marketing && inWindow + 1 > given.cap.limitMax,
    given.marketing && pausedUntil !== undefined && pausedUntil > now,
    given.marketing && lessOften !== undefined && ofAll + 1 > lessOften.cap.limitMax,
    given.brokenFor !== undefined,
  ].some(Boolean);
}

describe('decide', () => {
  it('sends exactly when nothing forbids it', () => {
    fc.assert(
      fc.property(facts, fc.integer({ min: 100, max: 130 }), (given, now) => {
        expect(decide(given, now).kind === 'send').toBe(!isForbidden(given, now));
      }),
    );
  });

  it('never lets a window of any place hold more marketing messages than the cap', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat(8), marketing: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.nat(4), fc.integer({ min: 1, max: 30 }), (moves, limitMax, windowMs) => {
        const countedAt: number[] = [];
        let now = 1_000;
        for (const { waitMs, marketing } of moves) {
          now += waitMs;
          const open = {
            channelReady: true,
            profileExists: true,
            isRestricted: false,
            isObjectedProfiling: false,
            templateExists: true,
            hasAddress: true,
          } as const;
          const silent = {
            ...{ suppressedFor: undefined, unwantedFor: undefined, brokenFor: undefined },
            ...{ pausedUntil: undefined, lessOften: undefined, promotion: undefined },
          } as const;
          const decision = decide(
            {
              ...open,
              ...silent,
              permission: 'permitted',
              asking: undefined,
              marketing,
              cap: { limitMax, windowMs },
              countedAt,
            },
            now,
          );
          if (!marketing) expect(decision.kind).toBe('send');
          else if (decision.kind === 'send') countedAt.push(now);
        }
        for (const start of countedAt) {
          expect(countedAt.filter((at) => at >= start && at < start + windowMs).length).toBeLessThanOrEqual(limitMax);
        }
      }),
    );
  });

  it('tells a suppressed address before a missing permission, and that before a cap', () => {
    fc.assert(
      fc.property(facts, fc.constant(120), (given, now) => {
        const ready = {
          ...given,
          channelReady: true,
          profileExists: true,
          isRestricted: false,
          isObjectedProfiling: false,
          templateExists: true,
          hasAddress: true,
          unwantedFor: undefined,
          promotion: undefined,
          asking: undefined,
        };
        const by = (over: Partial<SendFacts>) => {
          const decision = decide({ ...ready, ...over }, now);
          return decision.kind === 'refuse' ? decision.by : undefined;
        };
        expect(by({ suppressedFor: 'complaint' })).toBe('suppression');
        expect(by({ suppressedFor: undefined, permission: 'denied' })).toBe('consent');
        const free = { suppressedFor: undefined, permission: 'permitted', marketing: true } as const;
        expect(by({ ...free, pausedUntil: now + 1, cap: { limitMax: 0, windowMs: 5 } })).toBe('paused');
        const capped = {
          pausedUntil: now,
          suppressedFor: undefined,
          permission: 'permitted',
          marketing: true,
          cap: { limitMax: 0, windowMs: 5 },
        } as const;
        expect(by(capped)).toBe('cap');
      }),
    );
  });
});
