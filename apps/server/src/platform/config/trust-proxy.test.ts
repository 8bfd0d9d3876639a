import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { parseTrustProxy } from './trust-proxy.ts';

describe('the proxies before a server', () => {
  it.each([
    ['1', '203.0.113.9', 0, true],
    ['1', '203.0.113.9', 1, false],
    ['2', '203.0.113.9', 1, true],
    ['0', '127.0.0.1', 0, false],
    ['10.0.0.0/8', '10.2.3.4', 5, true],
    ['10.0.0.0/8', '::ffff:10.2.3.4', 0, true],
    ['10.0.0.0/8', '11.0.0.1', 0, false],
    ['192.0.2.7, 2001:db8::/32', '2001:db8::1', 0, true],
    ['192.0.2.7, 2001:db8::/32', '192.0.2.7', 0, true],
    ['192.0.2.7, 2001:db8::/32', '192.0.2.8', 0, false],
    ['loopback', '127.0.0.1', 0, true],
    ['loopback, private', '192.168.1.1', 0, true],
    ['loopback', 'unknown', 0, false],
  ])('%s: %s at hop %i is trusted: %s', (text, address, hop, isTrusted) => {
    expect(parseTrustProxy(text)!(address, hop)).toBe(isTrusted);
  });

  it.each(['', 'all', 'true', '10.0.0.0/40', '10.0.0.0/8;192.0.2.1', '-1', '1.5', 'example.com'])(
    'are not understood from %j: trusting the wrong ones would let anybody claim any address',
    (text) => {
      expect(parseTrustProxy(text)).toBeUndefined();
    },
  );

  it('come from the environment, which names what it does not understand; none is the default', () => {
    expect(readConfig({}).trustProxy).toBeUndefined();
    expect(readConfig({ SEGUE_TRUST_PROXY: '1' }).trustProxy!('203.0.113.9', 0)).toBe(true);
    expect(() => readConfig({ SEGUE_TRUST_PROXY: 'everyone' })).toThrow(ConfigError);
    expect(() => readConfig({ SEGUE_TRUST_PROXY: 'everyone' })).toThrow('SEGUE_TRUST_PROXY: must be how many proxies');
  });
});
