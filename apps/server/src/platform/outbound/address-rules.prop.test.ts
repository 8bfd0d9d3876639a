import { BlockList } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAddressRules } from './address-rules.ts';
import { checkUrl } from './check-url.ts';

const rules = createAddressRules();

/** What must never be reached, kept by another implementation: Node's own. */
const forbidden = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  forbidden.addSubnet(network, bits, 'ipv4');
}
const dotted = (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.');
const words = (n: number) => `${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}`;

/** Half of them inside of what is forbidden: there the faults would be. */
const ipv4 = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc
    .tuple(
      fc.constantFrom(
        0x0000_0000,
        0x0a00_0000,
        0x6440_0000,
        0x7f00_0000,
        0xa9fe_0000,
        0xac10_0000,
        0xc0a8_0000,
        0xe000_0000,
      ),
      fc.integer({ min: 0, max: 0x1f_ffff }),
    )
    .map(([network, rest]) => (network + rest) >>> 0),
);

it('no forbidden IPv4 address is let through, in whatever IPv6 clothes it comes', () => {
  fc.assert(
    fc.property(ipv4, (n) => {
      const address = dotted(n);
      if (forbidden.check(address)) expect(rules.refusalOf(address)).toBeDefined();
      for (const clothed of [
        `::ffff:${address}`,
        `::${words(n)}`,
        `64:ff9b::${words(n)}`,
        `2002:${words(n)}::1`,
        `::ffff:0:${address}`,
      ]) {
        expect(rules.refusalOf(clothed)).toBeDefined();
      }
    }),
  );
});

it('every way to write a forbidden address as a host is refused', () => {
  const spelled = ipv4.chain((n) => {
    const parts = dotted(n).split('.').map(Number);
    const octal = parts.map((part) => `0${part.toString(8)}`).join('.');
    const hex = parts.map((part) => `0x${part.toString(16)}`).join('.');
    const short = `${parts[0]}.${n & 0xff_ffff}`;
    return fc
      .constantFrom(
        dotted(n),
        octal,
        hex,
        String(n),
        `0x${n.toString(16)}`,
        short,
        `[::ffff:${dotted(n)}]`,
        `${dotted(n)}.`,
      )
      .map((host) => ({ n, host }));
  });
  fc.assert(
    fc.property(spelled, fc.constantFrom('http', 'https'), ({ n, host }, scheme) => {
      fc.pre(forbidden.check(dotted(n)));
      expect(checkUrl(`${scheme}://${host}:8443/x`, rules).kind).toBe('refused');
    }),
  );
});

it('a URL that is let through says the same host to every parser: what was checked is what is called', () => {
  fc.assert(
    fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string({ unit: 'binary' })), (text) => {
      const checked = checkUrl(text, rules);
      if (checked.kind === 'refused') return;
      expect(checked.url.protocol).toBe('https:');
      expect([checked.url.username, checked.url.password]).toEqual(['', '']);
      expect(new URL(checked.url.href).host).toBe(checked.url.host);
    }),
  );
});
