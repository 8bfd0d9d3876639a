import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidePermission, lastWord, SUPPRESSION_REASONS, type Word } from './permission.ts';

const word: fc.Arbitrary<Word> = fc.record({
  status: fc.constantFrom('granted', 'denied'),
  occurredAt: fc.integer({ min: 0, max: 5 }),
  isConfirmed: fc.boolean(),
});

function hear(words: readonly Word[]): Word | undefined {
  return words.reduce<Word | undefined>((last, next) => lastWord(last, next), undefined);
}

describe('the last word', () => {
  it('is the same in whatever order words arrive, arrive again, or are gathered by merges', () => {
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 8 }),
        fc.array(word, { maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (a, b, order) => {
          const all = [...a, ...b];
          const shuffled = [...all, ...a].map((one) => ({ one, at: order.next().value })).sort((x, y) => x.at - y.at);
          expect(hear(shuffled.map(({ one }) => one))).toEqual(hear(all));
          expect(lastWord(hear(a), hear(b))).toEqual(hear(all));
        },
      ),
      { numRuns: propertyRuns(500) },
    );
  });
});

describe('a permission', () => {
  const facts = fc.record({
    requiresOptIn: fc.boolean(),
    requiresConfirmation: fc.boolean(),
    ofTopic: fc.option(word, { nil: undefined }),
    ofAll: fc.option(
      word.map((one) => ({ ...one, status: 'denied' as const })),
      { nil: undefined },
    ),
    suppressions: fc.subarray([...SUPPRESSION_REASONS]),
  });

  it('is never given to a suppressed address, after a denial that is newest, or without the opt-in a topic asks for', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const isPermitted = decidePermission(given).decision.kind === 'permitted';
        const deniedAt = given.ofTopic?.status === 'denied' ? given.ofTopic.occurredAt : -1;
        const grantedAt = given.ofTopic?.status === 'granted' ? given.ofTopic.occurredAt : -1;
        const allDeniedAt = given.requiresOptIn ? (given.ofAll?.occurredAt ?? -1) : -1;
        const isForbidden =
          given.suppressions.length > 0 ||
          deniedAt >= 0 ||
          (allDeniedAt >= 0 && allDeniedAt >= grantedAt) ||
          (given.requiresOptIn && grantedAt < 0) ||
          (given.requiresConfirmation && grantedAt >= 0 && given.ofTopic?.isConfirmed !== true);
        expect(isPermitted).toBe(!isForbidden);
      }),
      { numRuns: propertyRuns(500) },
    );
  });
});
