import { describe, expect, it } from 'vitest';
import { mayBeMistyped, nearestWords, typingDistance } from './nearest-words.ts';
import { searchQuery, wordsOf } from './search-text.ts';

describe('the distance of what was typed', () => {
  it.each([
    ['sweater', 'sweater', 0],
    ['sweter', 'sweater', 1],
    ['swaeter', 'sweater', 1],
    ['sweaterr', 'sweater', 1],
    ['xweater', 'sweater', 1],
    ['', 'tee', 3],
    ['kitten', 'sitting', 3],
  ])('from %s to %s is %i, either way', (left, right, distance) => {
    expect(typingDistance(left, right)).toBe(distance);
    expect(typingDistance(right, left)).toBe(distance);
  });
});

describe('what was meant', () => {
  const words = ['sweater', 'sweatshirt', 'sneaker', 'trousers', 'mug', 'cardigan'];

  it('is the nearest word, whole or begun', () => {
    expect(nearestWords('sweter', words)).toEqual(['sweater']);
    expect(nearestWords('trosuers', words)).toEqual(['trousers']);
    expect(nearestWords('cardgian', words)).toEqual(['cardigan']);
    expect(nearestWords('swaet', words)).toEqual(['sweater', 'sweatshirt']);
  });

  it('is nothing where too much is different: one letter of a short word, two of a long one', () => {
    expect(nearestWords('tent', words)).toEqual([]);
    expect(nearestWords('swxxter', words)).toEqual([]);
    expect(nearestWords('trxuxers', words)).toEqual(['trousers']);
  });

  it('is what was typed, of short words and codes', () => {
    expect(['mgu', 'tee', 'rb17x', 'sweter'].map(mayBeMistyped)).toEqual([false, false, false, true]);
  });
});

describe('a query', () => {
  it('wants every word as a beginning, in the place of a mistyped one what may be meant', () => {
    const words = wordsOf('Röte sweter!');
    expect(words).toEqual(['rote', 'sweter']);
    expect(searchQuery(words, new Map([['sweter', ['sweater', 'sweeter']]]))).toBe('rote:* & (sweater:* | sweeter:*)');
    expect(searchQuery(words, new Map(), 'AB')).toBe('rote:*AB & sweter:*AB');
    expect(searchQuery([], new Map())).toBeUndefined();
  });
});
