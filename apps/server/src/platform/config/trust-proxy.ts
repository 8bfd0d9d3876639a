import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Whether what a proxy at this address, so many hops before us, says about the one before it is believed. */
export type TrustProxy = (address: string, hop: number) => boolean;

/**
 * Reads `SEGUE_TRUST_PROXY`: how many proxies stand before the server (`1`; nobody may reach it past them), or the
 * addresses and networks they have (`10.0.0.0/8, 192.0.2.7, loopback`). Undefined: it is neither.
 */
export function parseTrustProxy(text: string): TrustProxy | undefined {
  if (/^\d{1,2}$/.test(text.trim())) {
    const hops = Number(text);
    return (_address, hop) => hop < hops;
  }
  const networks = text.split(',').flatMap((part) => NAMED[part.trim()] ?? [part.trim()]);
  const parsed = networks.map(parseNetwork);
  if (parsed.some((network) => network === undefined)) return undefined;
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const ip = ipaddr.process(address);
    return parsed.some((network) => ip.kind() === network![0].kind() && ip.match(network!));
  };
}

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

function parseNetwork(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  if (isIP(text.split('/')[0]!) !== 0 && ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (isIP(text) === 0) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
