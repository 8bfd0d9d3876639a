import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASK_AGAIN_MS, ASKS_PER_ADDRESS_MAX, canMail, CONFIRM_WITHIN_MS, shouldAsk } from './confirmation.ts';

describe('a question', () => {
  const DAY_MS = 86_400_000;

  it('goes to an address at most once a week about a topic, and three times about all of them', () => {
    const wish = fc.record({ waitDays: fc.integer({ min: 0, max: 4 }), topic: fc.constantFrom('a', 'b', 'c', 'd') });
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 40 }), (wishes) => {
        const mailed: { topic: string; at: number }[] = [];
        let now = 100 * DAY_MS;
        for (const { waitDays, topic } of wishes) {
          now += waitDays * DAY_MS;
          const open = { topic, saidAt: now, deniedAt: undefined, expiresAt: now + DAY_MS, confirmedAt: undefined };
          if (canMail(open, mailed, now).kind === 'open') mailed.push({ topic, at: now });
          const recent = mailed.filter((one) => one.at > now - ASK_AGAIN_MS);
          expect(recent.length).toBeLessThanOrEqual(ASKS_PER_ADDRESS_MAX);
          expect(new Set(recent.map((one) => one.topic)).size).toBe(recent.length);
        }
      }),
      { numRuns: propertyRuns(300) },
    );
  });

  it('is not asked of what counts already, by telephone, or in vain', () => {
    const now = 20 * DAY_MS;
    const none = { channel: 'email', counts: false, saidAt: now, deniedAt: undefined, askedAt: [] };
    expect(shouldAsk(none, now)).toBe(true);
    expect(shouldAsk({ ...none, channel: 'sms' }, now)).toBe(false);
    expect(shouldAsk({ ...none, counts: true }, now)).toBe(false);
    expect(shouldAsk({ ...none, askedAt: [now - ASK_AGAIN_MS + 1] }, now)).toBe(false);
    expect(shouldAsk({ ...none, askedAt: [now - ASK_AGAIN_MS] }, now)).toBe(true);
    expect(shouldAsk({ ...none, deniedAt: now }, now)).toBe(false);
    expect(shouldAsk({ ...none, deniedAt: now - 1 }, now)).toBe(true);
    expect(shouldAsk({ ...none, saidAt: now - CONFIRM_WITHIN_MS }, now)).toBe(false);
    const open = { topic: 'a', saidAt: now, deniedAt: undefined, expiresAt: now + 1, confirmedAt: undefined };
    expect(canMail(open, [], now)).toEqual({ kind: 'open' });
    for (const closed of [
      undefined,
      { ...open, expiresAt: now },
      { ...open, confirmedAt: 1 },
      { ...open, deniedAt: now },
    ])
      expect(canMail(closed, [], now).kind).toBe('closed');
  });
});
