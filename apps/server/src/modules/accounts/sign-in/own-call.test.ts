import { describe, expect, it } from 'vitest';
import { isForged } from './own-call.ts';

const PUBLIC = 'https://segue.shop.example';
const call = (given: Partial<Parameters<typeof isForged>[0]>) =>
  isForged(
    {
      method: 'POST',
      hasCookie: true,
      origin: undefined,
      secFetchSite: undefined,
      host: 'segue.shop.example',
      ...given,
    },
    PUBLIC,
  );

describe('a call with a cookie', () => {
  it('changes something only when it comes from our own pages', () => {
    expect(call({ origin: PUBLIC })).toBe(false);
    expect(call({ origin: 'http://127.0.0.1:4100', host: '127.0.0.1:4100' })).toBe(false);
    expect(call({ secFetchSite: 'same-origin' })).toBe(false);
    for (const origin of ['https://evil.example', 'null', '', 'https://segue.shop.example.evil.example', 'x'])
      expect([origin, call({ origin })]).toEqual([origin, true]);
    for (const secFetchSite of ['cross-site', 'same-site', 'none', '']) {
      expect([secFetchSite, call({ secFetchSite })]).toEqual([secFetchSite, true]);
      expect(call({ secFetchSite, origin: PUBLIC })).toBe(true);
    }
    expect(call({ secFetchSite: 'same-origin', origin: 'https://evil.example' })).toBe(true);
    expect(call({})).toBe(true);
  });

  it('may read from anywhere: a browser keeps the answer from foreign pages', () => {
    expect(call({ method: 'GET', origin: 'https://evil.example', secFetchSite: 'cross-site' })).toBe(false);
  });

  it('needs no origin from a program that holds no cookie, but a foreign one is refused', () => {
    expect(call({ hasCookie: false })).toBe(false);
    expect(call({ hasCookie: false, origin: 'https://evil.example' })).toBe(true);
  });
});
