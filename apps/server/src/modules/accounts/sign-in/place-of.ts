import ipaddr from 'ipaddr.js';

/**
 * Where a call came from, to count calls by. Whoever has one IPv6 address has a whole /64 of them (RFC 6177 §2): that
 * network is one place.
 */
export function placeOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  return `${address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
