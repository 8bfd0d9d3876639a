import type { EventType } from '../../../platform/eventlog/index.ts';

/** What a request to the tracking API asks for. */
export type IntakeCall =
  | { readonly kind: 'event'; readonly type: EventType | 'merge'; readonly isBrowser: boolean }
  | { readonly kind: 'batch'; readonly isBrowser: boolean }
  | { readonly kind: 'metrics' }
  | { readonly kind: 'pixel'; readonly type: EventType }
  | { readonly kind: 'settings'; readonly writeKey: string }
  | { readonly kind: 'sourceConfig' };

const LONG_NAMES = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const satisfies readonly EventType[];

const CALLS: ReadonlyMap<string, IntakeCall> = new Map<string, IntakeCall>([
  ...LONG_NAMES.flatMap((type): [string, IntakeCall][] => [
    [type, { kind: 'event', type, isBrowser: false }],
    // Only the browser SDK names its calls by their first letter.
    [type[0]!, { kind: 'event', type, isBrowser: true }],
  ]),
  ['merge', { kind: 'event', type: 'merge', isBrowser: false }],
  ['batch', { kind: 'batch', isBrowser: false }],
  ['b', { kind: 'batch', isBrowser: false }],
  ['import', { kind: 'batch', isBrowser: false }],
  ['m', { kind: 'metrics' }],
  ['rsaMetrics', { kind: 'metrics' }],
]);
const BEACON: IntakeCall = { kind: 'batch', isBrowser: true };

/** What may stand before the last word: SDKs append theirs to whatever was configured as their host or path. */
const PREFIXES: ReadonlySet<string> = new Set(['v1', 'batch', 'b', 'import', 'beacon', 'pixel']);

/**
 * Understands a path of Segment's or RudderStack's tracking API, also as real clients with a host or path set a little
 * wrong ask for it: slashes and words doubled (`//v1/v1/batch/`, `/v1/projects/projects/:key/settings`), a batch path as
 * host (`/v1/batch/t`), without the version (`/b`). Undefined: not of this API. Pure.
 */
export function readPath(method: string, url: string): IntakeCall | undefined {
  const words = wordsOf(url);
  const last = words.at(-1);
  if (last === undefined) return undefined;
  const isReading = method === 'GET' || method === 'HEAD';
  if (isReading && last === 'settings') return settingsCall(words);
  if (isReading && last === 'sourceConfig' && words.length === 1) return { kind: 'sourceConfig' };
  if (!words.slice(0, -1).every((word) => PREFIXES.has(word))) return undefined;
  const call = CALLS.get(last);
  if (words.includes('pixel')) {
    return call?.kind === 'event' && call.type !== 'merge' ? { kind: 'pixel', type: call.type } : undefined;
  }
  if (isReading) return undefined;
  return call?.kind === 'batch' && words[0] === 'beacon' ? BEACON : call;
}

/** `v1/projects/:key/settings` */
function settingsCall(words: readonly string[]): IntakeCall | undefined {
  const [version, projects, writeKey] = words;
  if (words.length !== 4 || version !== 'v1' || projects !== 'projects') return undefined;
  return { kind: 'settings', writeKey: writeKey! };
}

/** The words of a path; one that stands there twice running is one. */
function wordsOf(url: string): string[] {
  const end = url.search(/[?#;]/);
  const words: string[] = [];
  for (const part of (end === -1 ? url : url.slice(0, end)).split('/')) {
    const word = decoded(part);
    if (word !== '' && word !== words.at(-1)) words.push(word);
  }
  return words;
}

function decoded(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
