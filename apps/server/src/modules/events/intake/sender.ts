import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type JsonObject } from '../../../platform/json.ts';
import { type LocateIp, locationOfHeaders } from './geo-ip.ts';

const USER_AGENT_LENGTH_MAX = 1_024;

/** Libraries that run in the customer's own hands, so that their connection is hers. As they name themselves. */
const CLIENT_LIBRARIES: ReadonlySet<unknown> = new Set([
  'analytics.js',
  'analytics-ios',
  'analytics-swift',
  'analytics-android',
  'analytics-kotlin',
  '@segment/analytics-react-native',
  'analytics_flutter',
  'RudderLabs JavaScript SDK',
  'rudder-ios-library',
  'rudder-swift-library',
  'com.rudderstack.android.sdk.core',
  'com.rudderstack.android',
  'com.rudderstack.kotlin.sdk',
]);

/** What a request says of the connection it came over. */
export interface Connection {
  readonly headers: IncomingHttpHeaders;
  readonly ip: string;
  /** A proxy we trust passed it on: what it says of the visitor may be believed. */
  readonly isThroughTrustedProxy: boolean;
}

/** Who is at the other end of a request; one for all its events. */
export interface Sender {
  /** A browser, whatever the events say. */
  readonly isBrowser: boolean;
  /** `ip`, `userAgent` and `location`, for events that come from the customer's own device. */
  facts(): JsonObject;
  /** Whether the browser says that nothing may be sold or shared: the header `Sec-GPC: 1` (Global Privacy Control, §3.1). */
  readonly hasPrivacyControl?: boolean;
}

/** Facts are found when an event first needs them: what a server sends never does. */
export function createSender(options: {
  isBrowser: boolean;
  connection: Connection;
  locate?: LocateIp | undefined;
}): Sender {
  let facts: JsonObject | undefined;
  return {
    isBrowser: options.isBrowser,
    hasPrivacyControl: options.connection.headers['sec-gpc'] === '1',
    facts: () => (facts ??= findFacts(options.connection, options.locate)),
  };
}

function findFacts({ headers, ip, isThroughTrustedProxy }: Connection, locate: LocateIp | undefined): JsonObject {
  const address = ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice('::ffff:'.length) : ip;
  const facts: JsonObject = { ip: address };
  const userAgent = headers['user-agent'];
  if (userAgent !== undefined && userAgent !== '') facts['userAgent'] = userAgent.slice(0, USER_AGENT_LENGTH_MAX);
  const location = (isThroughTrustedProxy ? locationOfHeaders(headers) : undefined) ?? locate?.(address);
  if (location !== undefined) facts['location'] = location;
  return facts;
}

/**
 * The context of an event with what its connection says, where the event does not say it itself: only when it comes from
 * the customer's own device, or asks for it (`direct: true`). Who gives an address of her own, or none, is not located.
 */
export function withFacts(context: JsonObject | undefined, sender: Sender | undefined): JsonObject | undefined {
  if (sender === undefined || !(sender.isBrowser || isOfClient(context))) return context;
  const told = withConnection(context, sender.facts());
  return sender.hasPrivacyControl === true ? withPrivacyControl(told) : told;
}

function withConnection(context: JsonObject | undefined, facts: JsonObject): JsonObject {
  if (context === undefined) return facts;
  if (!('ip' in context)) return { ...facts, ...context };
  return 'userAgent' in context || !('userAgent' in facts) ? context : { ...context, userAgent: facts['userAgent']! };
}

/** Beside whatever consent the event carries: it takes nothing from that, and adds none. */
function withPrivacyControl(context: JsonObject): JsonObject {
  const consent = isJsonObject(context['consent']) ? context['consent'] : {};
  return 'gpc' in consent ? context : { ...context, consent: { ...consent, gpc: true } };
}

function isOfClient(context: JsonObject | undefined): boolean {
  if (context === undefined) return false;
  if (context['direct'] === true) return true;
  const library = context['library'];
  return isJsonObject(library) && CLIENT_LIBRARIES.has(library['name']);
}
