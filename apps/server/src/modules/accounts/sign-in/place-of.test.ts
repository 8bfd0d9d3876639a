import { describe, expect, it } from 'vitest';
import { placeOf } from './place-of.ts';

describe('the place a call came from', () => {
  it('is one for all the addresses that one holder of an IPv6 network has', () => {
    expect(placeOf('2001:db8:1:2::1')).toBe(placeOf('2001:db8:1:2:ffff:ffff:ffff:ffff'));
    expect(placeOf('2001:db8:1:2::1')).not.toBe(placeOf('2001:db8:1:3::1'));
  });

  it('is the address itself in IPv4, however it is written, and whatever a proxy calls it', () => {
    expect(placeOf('::ffff:192.0.2.7')).toBe(placeOf('192.0.2.7'));
    expect(placeOf('192.0.2.7')).not.toBe(placeOf('192.0.2.8'));
    expect(placeOf('unknown')).toBe('unknown');
  });
});
