import { describe, expect, it } from 'vitest';
import { createAddressRules, isNetwork } from './address-rules.ts';

const rules = createAddressRules();

describe('without an allow-list', () => {
  it.each([
    '93.184.216.34',
    '1.1.1.1',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450:4001::1',
  ])('the public address %s may be called', (address) => expect(rules.refusalOf(address)).toBeUndefined());

  it.each([
    ['this machine', '127.0.0.1', '127.255.255.254', '::1'],
    ['no address at all', '0.0.0.0', '0.1.2.3', '::'],
    ['private networks', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ['carrier-grade NAT', '100.64.0.1', '100.127.255.255'],
    ['link-local and metadata', '169.254.0.1', '169.254.169.254', 'fe80::1', 'fe80::a9fe:a9fe', '168.63.129.16'],
    ['metadata elsewhere', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '169.254.170.2'],
    ['unique local', 'fc00::1', 'fdff::1'],
    ['site local', 'fec0::1'],
    ['multicast and broadcast', '224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1'],
    [
      'reserved and documentation',
      '192.0.2.1',
      '198.51.100.1',
      '203.0.113.1',
      '198.18.0.1',
      '240.0.0.1',
      '2001:db8::1',
    ],
    ['IPv4 mapped into IPv6', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:8.8.8.8'],
    ['IPv4 compatible', '::127.0.0.1', '::7f00:1', '::a00:1'],
    ['IPv4 translated', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::a00:1'],
    ['6to4 and Teredo', '2002:7f00:1::', '2002:a00:1::1', '2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['what is not given out', '4000::1', '100::1', '5f00::1', '3fff::1'],
    ['with a zone', 'fe80::1%eth0', '::1%lo'],
    ['no address', '', 'localhost', '127.1', '0177.0.0.1', '2130706433', '0x7f000001', '1.2.3', '1.2.3.4.5', '[::1]'],
  ])('%s may not be called', (_what, ...addresses) => {
    expect(addresses.filter((address) => rules.refusalOf(address) === undefined)).toEqual([]);
  });
});

describe('with an allow-list', () => {
  it('opens what it names and nothing beside', () => {
    const open = createAddressRules(['10.1.0.0/16', '127.0.0.1', 'fd12::/16']);
    expect(['10.1.0.1', '10.1.255.255', '127.0.0.1', 'fd12::9'].map((a) => open.refusalOf(a))).toEqual(
      Array.from({ length: 4 }),
    );
    expect(
      ['10.2.0.1', '127.0.0.2', 'fd13::9', '::1', '::ffff:10.1.0.1'].map((a) => open.refusalOf(a) !== undefined),
    ).toEqual(Array.from({ length: 5 }, () => true));
  });

  it('never opens metadata, multicast or link-local addresses, however wide it is', () => {
    const open = createAddressRules(['0.0.0.0/0', '::/0']);
    expect(open.refusalOf('192.168.0.1')).toBeUndefined();
    const never = [
      '169.254.169.254',
      '168.63.129.16',
      '100.100.100.200',
      'fd00:ec2::254',
      '224.0.0.1',
      '0.0.0.0',
      'fe80::1',
    ];
    expect(never.filter((address) => open.refusalOf(address) === undefined)).toEqual([]);
  });

  it('is refused when it is not written as networks', () => {
    expect(() => createAddressRules(['10.0.0.0/33'])).toThrow('write it like 10.1.0.0/16');
    expect(['10.0.0.0/8', '::1', '1.2.3.4'].every(isNetwork)).toBe(true);
    expect(['shop', '10.0.0.0/x', '', '10.0.0.0/8/8'].some(isNetwork)).toBe(false);
  });
});
