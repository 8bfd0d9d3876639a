import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASK_AGAIN_MS, ASKS_PER_ADDRESS_MAX, canMail, CONFIRM_WITHIN_MS, shouldAsk } from './confirmation.ts';
import { decidePermission, lastWord, statusToRecord, type Word } from './permission.ts';

const at = fc.integer({ min: 0, max: 6 });
/** What can happen, in any order and with any times: words from forms, pages and imports, and the marketer's switch. */
const happening = fc.oneof(
  fc.record({
    kind: fc.constant('word' as const),
    status: fc.constantFrom('granted' as const, 'denied' as const),
    isConfirmed: fc.boolean(),
    asksConfirmation: fc.boolean(),
    isOfAll: fc.boolean(),
    occurredAt: at,
  }),
  fc.record({ kind: fc.constant('switch' as const), isOn: fc.boolean() }),
);

describe('where double opt-in is required', () => {
  it('no order of events permits a message without a confirmed yes that no later no undid', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 14 }), (happenings) => {
        let requiresConfirmation = false;
        let ofTopic: Word | undefined;
        let ofAll: Word | undefined;
        const confirmedAt: number[] = [];
        const deniedAt: number[] = [];
        for (const one of happenings) {
          if (one.kind === 'switch') {
            requiresConfirmation = one.isOn;
          } else {
            const status = statusToRecord(one, { requiresConfirmation });
            // Only a no can be about everything; what is pending never becomes the last word.
            if (status === 'denied' && one.isOfAll) ofAll = lastWord(ofAll, { ...one, status });
            else if (status !== 'pending') ofTopic = lastWord(ofTopic, { ...one, status });
            if (status === 'denied') deniedAt.push(one.occurredAt);
            else if (one.isConfirmed) confirmedAt.push(one.occurredAt);
          }
          const facts = { requiresOptIn: true, requiresConfirmation, ofTopic, ofAll, suppressions: [] };
          if (!requiresConfirmation || decidePermission(facts).decision.kind !== 'permitted') continue;
          expect(Math.max(...confirmedAt)).toBeGreaterThan(Math.max(-1, ...deniedAt));
        }
      }),
      { numRuns: propertyRuns(2_000) },
    );
  });

  it('a confirmed yes that nobody took back permits, whatever unconfirmed ones come before and after', () => {
    fc.assert(
      fc.property(fc.array(at, { maxLength: 5 }), at, fc.array(at, { maxLength: 5 }), (before, confirmed, after) => {
        let word: Word | undefined;
        const say = (occurredAt: number, isConfirmed: boolean) => {
          const said = { status: 'granted', isConfirmed, asksConfirmation: false } as const;
          if (statusToRecord(said, { requiresConfirmation: true }) === 'granted')
            word = lastWord(word, { status: 'granted', occurredAt, isConfirmed });
        };
        for (const one of before) say(one, false);
        say(confirmed, true);
        for (const one of after) say(one, false);
        const facts = {
          requiresOptIn: true,
          requiresConfirmation: true,
          ofTopic: word,
          ofAll: undefined,
          suppressions: [],
        };
        expect(decidePermission(facts).decision).toEqual({ kind: 'permitted', basis: 'consent' });
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});

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
          const open = { topic, saidAt: now, word: undefined, expiresAt: now + DAY_MS, confirmedAt: undefined };
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
    const yes = (occurredAt: number, isConfirmed: boolean): Word => ({ status: 'granted', occurredAt, isConfirmed });
    const no = (occurredAt: number): Word => ({ status: 'denied', occurredAt, isConfirmed: false });
    const now = 20 * DAY_MS;
    const unsaid = { ofTopic: undefined, ofAll: undefined, askedAt: [] };
    const none = { channel: 'email', requiresConfirmation: true, saidAt: now, ...unsaid };
    expect(shouldAsk(none, now)).toBe(true);
    expect(shouldAsk({ ...none, channel: 'sms' }, now)).toBe(false);
    expect(shouldAsk({ ...none, ofTopic: yes(1, true) }, now)).toBe(false);
    expect(shouldAsk({ ...none, ofTopic: yes(1, false) }, now)).toBe(true);
    expect(shouldAsk({ ...none, ofTopic: yes(1, false), requiresConfirmation: false }, now)).toBe(false);
    expect(shouldAsk({ ...none, ofTopic: yes(1, true), ofAll: no(2) }, now)).toBe(true);
    expect(shouldAsk({ ...none, askedAt: [now - ASK_AGAIN_MS + 1] }, now)).toBe(false);
    expect(shouldAsk({ ...none, askedAt: [now - ASK_AGAIN_MS] }, now)).toBe(true);
    expect(shouldAsk({ ...none, ofAll: no(now) }, now)).toBe(false);
    expect(shouldAsk({ ...none, ofAll: no(now - 1) }, now)).toBe(true);
    expect(shouldAsk({ ...none, saidAt: now - CONFIRM_WITHIN_MS }, now)).toBe(false);
    const open = { topic: 'a', saidAt: now, word: undefined, expiresAt: now + 1, confirmedAt: undefined };
    expect(canMail(open, [], now)).toEqual({ kind: 'open' });
    for (const closed of [
      undefined,
      { ...open, expiresAt: now },
      { ...open, confirmedAt: 1 },
      { ...open, word: no(now) },
    ])
      expect(canMail(closed, [], now).kind).toBe('closed');
  });
});
