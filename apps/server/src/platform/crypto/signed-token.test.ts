import { describe, expect, it } from 'vitest';
import { newDataKey } from './seal.ts';
import { readToken, signToken, tokenWorkspace } from './signed-token.ts';

const key = newDataKey();
const token = signToken(key, { purpose: 'click', workspaceId: 7, payload: { url: 'https://shop.example/é' } });

describe('a signed token', () => {
  it('gives back what was signed, and names its workspace', () => {
    expect(readToken(key, 'click', token)).toEqual({ url: 'https://shop.example/é' });
    expect(tokenWorkspace(token)).toBe(7);
  });

  it('is worthless for another purpose, under another key, or in another workspace', () => {
    expect(readToken(key, 'unsubscribe', token)).toBeUndefined();
    expect(readToken(newDataKey(), 'click', token)).toBeUndefined();
    expect(readToken(key, 'click', token.replace(/^7/, '8'))).toBeUndefined();
  });

  it('is refused when any character of its payload or signature was changed', () => {
    for (let at = 0; at < token.length - 1; at++) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(readToken(key, 'click', changed)).toBeUndefined();
    }
  });

  it('is refused, not thrown over, when it is no token at all', () => {
    for (const text of ['', '.', '..', '7', '7..', '07.a.b', '-1.a.b', '7.a.b.c', '99999999999.a.b', '💥.a.b']) {
      expect(readToken(key, 'click', text)).toBeUndefined();
    }
  });
});
