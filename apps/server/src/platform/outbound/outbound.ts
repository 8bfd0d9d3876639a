import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type AddressRules, createAddressRules } from './address-rules.ts';
import { checkUrl, type UrlCheck } from './check-url.ts';
import { openBody, type Opened, type OpenRequest } from './open-body.ts';
import {
  type Answered,
  type Call,
  type Failed,
  type OutboundRequest,
  postTo,
  type ResolvedAddress,
} from './post-to.ts';

/** Nothing was sent: the URL or an address its name leads to must not be called. */
interface Refused {
  readonly kind: 'refused';
  readonly reason: string;
}

export type OutboundResult = Answered | Failed | Refused;
export type OpenResult = Opened | Failed | Refused;

/** Calls to servers that somebody outside of the installation named. */
export interface Outbound {
  /** Judges a URL without resolving it: for the moment at which it is entered. */
  check(url: string): UrlCheck;
  /** Never throws. Follows no redirect: a 3xx is an answer like any other. */
  request(request: OutboundRequest): Promise<OutboundResult>;
  /** As `request`, for an answer that is too long to be held: its body is read while it comes. */
  open(request: OpenRequest): Promise<OpenResult>;
}

export interface OutboundOptions {
  /** Networks beyond the public internet that may be called, as CIDRs. */
  readonly allow?: readonly string[];
  /** PEM of authorities to trust beside the built-in ones: a shop's own. */
  readonly authorities?: readonly string[];
  /** How names become addresses; default: as the system does. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>;
}

/**
 * A client that cannot be turned against the network it runs in. A name is resolved once, every address it has is judged,
 * and the connection goes to exactly those: a name that changes its mind between the look and the call gains nothing.
 */
export function createOutbound(options: OutboundOptions = {}): Outbound {
  const rules = createAddressRules(options.allow);
  const resolve = options.resolve ?? ((host) => lookup(host, { all: true }));
  const authorities = options.authorities ?? [];
  const reach = async (request: { url: string; timeoutMs: number }): Promise<Reached | Failed | Refused> => {
    const checked = checkUrl(request.url, rules);
    if (checked.kind === 'refused') return checked;
    const startedAt = performance.now();
    const found = await inTime(resolveChecked({ ...checked, rules, resolve }), request.timeoutMs);
    const tookMs = Math.round(performance.now() - startedAt);
    if (found === 'late') return { kind: 'failed', reason: 'timeout', detail: 'looking the name up', tookMs };
    if (found.kind === 'unknown') return { kind: 'failed', reason: 'dns', detail: found.detail, tookMs };
    if (found.kind === 'refused') return found;
    return { kind: 'reached', url: checked.url, addresses: found.addresses, authorities, startedAt };
  };
  return {
    check: (url) => checkUrl(url, rules),
    async request(request) {
      const reached = await reach(request);
      return reached.kind === 'reached' ? postTo({ request, ...reached }) : reached;
    },
    async open(request) {
      const reached = await reach(request);
      return reached.kind === 'reached' ? openBody({ request, ...reached }) : reached;
    },
  };
}

/** Judged: a call may go there. */
interface Reached extends Omit<Call, 'request'> {
  readonly kind: 'reached';
}

type Resolution =
  | { readonly kind: 'ok'; readonly addresses: readonly ResolvedAddress[] }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly detail: string };

async function resolveChecked(name: {
  url: URL;
  host: string;
  rules: AddressRules;
  resolve: NonNullable<OutboundOptions['resolve']>;
}): Promise<Resolution> {
  const { host, url, rules } = name;
  const family = isIP(host);
  if (family !== 0) return { kind: 'ok', addresses: [{ address: host, family }] };
  let addresses: readonly ResolvedAddress[];
  try {
    addresses = await name.resolve(host);
  } catch (error) {
    return { kind: 'unknown', detail: (error as NodeJS.ErrnoException).code ?? 'the name cannot be resolved' };
  }
  if (addresses.length === 0) return { kind: 'unknown', detail: 'the name has no address' };
  for (const { address } of addresses) {
    const reason = rules.refusalOf(address);
    // One bad address is enough: which of them a connection takes is not ours to foresee. It is not named: the answer
    // would map the inner network for whoever may enter names.
    if (reason !== undefined) return { kind: 'refused', reason: `${host} must not be called: ${reason}` };
    if (url.protocol === 'http:' && !rules.isAllowedLoopback(address)) {
      return { kind: 'refused', reason: 'it must start with https://' };
    }
  }
  return { kind: 'ok', addresses };
}

async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'late');
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
