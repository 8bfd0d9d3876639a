import { expect, it } from 'vitest';
import { parseLossless } from './lossless-json.ts';

it('an id beyond 2^53 keeps every digit', () => {
  expect(parseLossless('{"id":820982911946154508,"n":[9007199254740993,-9007199254740993]}')).toEqual({
    id: '820982911946154508',
    n: ['9007199254740993', '-9007199254740993'],
  });
});

it('a number a double holds stays a number, and digits inside a text stay what they are', () => {
  const text = String.raw`{"a":9007199254740991,"b":"820982911946154508","c":"say \"820982911946154508\" \\","d":1.25,"e":1e21}`;
  expect(parseLossless(text)).toEqual(JSON.parse(text));
});

it('what is no JSON is refused', () => {
  expect(() => parseLossless('{"id":}')).toThrow(SyntaxError);
  expect(() => parseLossless('webhook_id=3')).toThrow(SyntaxError);
});
