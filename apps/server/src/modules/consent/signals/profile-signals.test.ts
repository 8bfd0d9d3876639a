import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wordsOfCategories } from './category-words.ts';
import { type Categories, mergeSignals, type SignalsState, withSignal } from './profile-signals.ts';

const said = (categories: Categories, atMs: number) => ({
  kind: 'categories' as const,
  fingerprint: JSON.stringify(categories),
  atMs,
  categories,
});
const after = (...words: readonly (readonly [Categories, number])[]): SignalsState | undefined =>
  words.reduce<SignalsState | undefined>(
    (state, [categories, atMs]) => withSignal(state, said(categories, atMs)),
    undefined,
  );

describe('the categories of a profile', () => {
  it('are the newest word by event time, whatever the order of arrival', () => {
    const first = [{ Advertising: false }, 1] as const;
    const second = [{ Advertising: true }, 2] as const;
    expect(after(first, second)?.categories).toEqual([{ Advertising: true }, 2]);
    expect(after(second, first)?.categories).toEqual([{ Advertising: true }, 2]);
  });

  it('no longer allow what the newest word does not name', () => {
    expect(after([{ Advertising: true, Analytics: true }, 1], [{ Analytics: true }, 2])?.categories?.[0]).toEqual({
      Advertising: false,
      Analytics: true,
    });
    expect(after([{ Advertising: true }, 1], [{}, 2])?.categories?.[0]).toEqual({ Advertising: false });
  });

  it('of two profiles that become one are what both allow; one that never said anything has no say', () => {
    const a = after([{ Advertising: true, Analytics: true }, 1]);
    const b = after([{ Analytics: true, Functional: true }, 2]);
    expect(mergeSignals(a, b)?.categories).toEqual([{ Advertising: false, Analytics: true, Functional: false }, 2]);
    expect(mergeSignals(a, undefined)).toEqual(a);
    expect(mergeSignals(a, { last: { gpc: ['x', 9] } })?.categories).toEqual(a?.categories);
  });

  it('after a merge never allow more than either side did, in any order of merging', () => {
    const categories = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'constructor'), fc.boolean());
    const state = fc.tuple(categories, fc.integer({ min: 1, max: 5 })).map((word) => after(word));
    fc.assert(
      fc.property(fc.array(fc.option(state, { nil: undefined }), { minLength: 2, maxLength: 5 }), (states) => {
        const forth = states.reduce(mergeSignals, undefined);
        const back = states.toReversed().reduce(mergeSignals, undefined);
        expect(forth).toEqual(back);
        for (const one of states) {
          if (one?.categories === undefined) continue;
          for (const [name, isAllowed] of Object.entries(forth?.categories?.[0] ?? {})) {
            if (isAllowed) expect(Object.hasOwn(one.categories[0], name) && one.categories[0][name]).toBe(true);
          }
        }
      }),
    );
  });
});

describe('categories mapped to topics', () => {
  const mapped = [
    { category: 'Newsletter', channel: 'email', topic: 'marketing' },
    { category: 'Profiling', channel: 'email', topic: 'marketing' },
    { category: 'Texts', channel: 'sms', topic: 'marketing' },
  ];

  it('grant only what every one of their categories allows', () => {
    expect(wordsOfCategories(mapped, { Newsletter: true, Profiling: true }, undefined)).toEqual([
      { channel: 'email', topic: 'marketing', status: 'granted' },
    ]);
    expect(wordsOfCategories(mapped, { Newsletter: true }, undefined)).toEqual([
      { channel: 'email', topic: 'marketing', status: 'denied' },
    ]);
  });

  it('say nothing of what she was never asked, and deny what she no longer allows', () => {
    expect(wordsOfCategories(mapped, { Analytics: true }, undefined)).toEqual([]);
    expect(wordsOfCategories(mapped, {}, { Texts: true })).toEqual([
      { channel: 'sms', topic: 'marketing', status: 'denied' },
    ]);
  });
});
