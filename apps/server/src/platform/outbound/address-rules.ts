import ipaddr from 'ipaddr.js';

/** What speaks to an instance's metadata or to its host, by whatever network it is reached: no allow-list opens these. */
const METADATA: readonly string[] = [
  '169.254.169.254',
  '169.254.170.2',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
];
const METADATA_TEXTS = new Set(METADATA.map((text) => ipaddr.parse(text).toNormalizedString()));

/** No server of anybody's answers here; an allow-list that is too wide must not open them. */
const NEVER: ReadonlySet<string> = new Set(['unspecified', 'broadcast', 'multicast', 'linkLocal']);

/** The part of IPv6 that is handed out (RFC 4291 §2.4, IANA): everything else is special, also what is not named yet. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

type Address = ReturnType<typeof ipaddr.parse>;
type Network = [Address, number];

/** Which addresses a call may go to. */
export interface AddressRules {
  /** Why this address must not be called; undefined when it may. Anything that is no address is refused. */
  refusalOf(address: string): string | undefined;
  /** Whether the address is this machine's own and the allow-list names it: only there plain http is let through. */
  isAllowedLoopback(address: string): boolean;
}

/**
 * Only public unicast addresses, and the networks of `allow` (CIDRs: a shop's own network, loopback in tests). Special
 * ranges are those of the IANA registries as `ipaddr.js` knows them; every IPv6 form that carries an IPv4 address inside
 * (mapped, 6to4, Teredo, NAT64) is special too. Throws on a malformed CIDR.
 */
export function createAddressRules(allow: readonly string[] = []): AddressRules {
  const networks = allow.map(parseNetwork);
  const isAllowed = (address: Address) =>
    networks.some(([network, bits]) => network.kind() === address.kind() && address.match([network, bits] as never));
  return {
    refusalOf(text) {
      const address = parseAddress(text);
      if (address === undefined) return 'it is not an address';
      const range = address.range();
      if (METADATA_TEXTS.has(address.toNormalizedString())) return 'it is a metadata address';
      if (NEVER.has(range)) return `it is a ${wordsOf(range)} address`;
      if (isAllowed(address)) return undefined;
      if (range !== 'unicast') return `it is a ${wordsOf(range)} address`;
      if (address.kind() === 'ipv6' && !address.match(GLOBAL_UNICAST as never)) return 'it is not a public address';
      return undefined;
    },
    isAllowedLoopback(text) {
      const address = parseAddress(text);
      return address !== undefined && address.range() === 'loopback' && isAllowed(address);
    },
  };
}

/** Four decimal numbers or IPv6, nothing else: `0177.1` and `2130706433` are addresses to some and names to others. */
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return text.includes(':') && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
}

/** Whether a text names a network, like `10.1.0.0/16`; an address alone is one of its own. */
export function isNetwork(text: string): boolean {
  try {
    parseNetwork(text);
    return true;
  } catch {
    return false;
  }
}

function parseNetwork(text: string): Network {
  try {
    return ipaddr.parseCIDR(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`) as Network;
  } catch (cause) {
    throw new Error(`"${text}" is not a network: write it like 10.1.0.0/16`, { cause });
  }
}

/** `carrierGradeNat` as people write it. */
function wordsOf(range: string): string {
  return range.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
