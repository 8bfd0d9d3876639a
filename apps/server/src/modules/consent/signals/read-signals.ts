import type { LoggedEvent } from '../../../platform/eventlog/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { Malformed } from './bit-reader.ts';
import { decodeGpp } from './gpp.ts';
import { decodeTcf } from './tcf.ts';

export type SignalKind = 'tcf' | 'gpp' | 'categories' | 'gpc';

/** What an event carries about consent, as it was sent. */
export interface RawSignal {
  readonly kind: SignalKind;
  /** The string itself; of categories and GPC their JSON. */
  readonly raw: string;
}

export type Decoded =
  | { readonly decoded: JsonObject; readonly error: undefined }
  | { readonly decoded: undefined; readonly error: string };

/** Reserved by Segment: it is about nothing but the preferences. */
const PREFERENCE_EVENT = 'Segment Consent Preference Updated';
const TCF_FIELDS = ['tcfString', 'tcString', 'tcf_string', 'tc_string', 'IABTCF_TCString'];
const GPP_FIELDS = ['gppString', 'gpp_string', 'gpp', 'IABGPP_HDR_GppString'];
const RAW_LENGTH_MAX = 16_384;
const CATEGORIES_MAX = 100;
const CATEGORY_LENGTH_MAX = 100;

/** The signals in an event's context. Most events have none. Pure. */
export function readRawSignals(event: Pick<LoggedEvent, 'type' | 'name' | 'payload'>): RawSignal[] {
  const { context } = event.payload;
  if (context === undefined || (!('consent' in context) && !('consentManagement' in context))) return [];
  const consent = isJsonObject(context['consent']) ? context['consent'] : {};
  const signals: RawSignal[] = [];
  const tcf = firstText(consent, TCF_FIELDS);
  if (tcf !== undefined) signals.push({ kind: 'tcf', raw: tcf });
  const gpp = firstText(consent, GPP_FIELDS);
  if (gpp !== undefined) {
    const sid = sectionsOf(consent['gppSid'] ?? consent['gpp_sid']);
    signals.push({ kind: 'gpp', raw: sid.length === 0 ? gpp : `${gpp} ${sid.join(',')}` });
  }
  const gpc = gpcOf(consent['gpc']);
  if (gpc !== undefined) signals.push({ kind: 'gpc', raw: JSON.stringify(gpc) });
  if (event.type === 'track' && event.name === PREFERENCE_EVENT) {
    const categories = readCategories(context);
    if (categories !== undefined) signals.push({ kind: 'categories', raw: JSON.stringify(categories) });
  }
  return signals;
}

/** What a signal says; one that cannot be read says so instead. Pure. */
export function decodeSignal({ kind, raw }: RawSignal): Decoded {
  try {
    return { decoded: decode(kind, raw), error: undefined };
  } catch (error) {
    if (error instanceof Malformed) return { decoded: undefined, error: `The string ${error.message}` };
    throw error;
  }
}

function decode(kind: SignalKind, raw: string): JsonObject {
  switch (kind) {
    case 'tcf':
      return decodeTcf(raw) as unknown as JsonObject;
    case 'gpp': {
      const [text = '', sid] = raw.split(' ');
      const read = decodeGpp(text) as unknown as JsonObject;
      return sid === undefined ? read : { ...read, applicableSections: sid.split(',').map(Number) };
    }
    case 'categories':
      return JSON.parse(raw) as JsonObject;
    case 'gpc':
      return { gpc: JSON.parse(raw) as boolean };
  }
}

/** Segment's `categoryPreferences`, or what RudderStack's lists come to; undefined where neither is said. */
function readCategories(context: JsonObject): Record<string, boolean> | undefined {
  const consent = context['consent'];
  const preferences = isJsonObject(consent)
    ? (consent['categoryPreferences'] ?? consent['categoryPreference'])
    : undefined;
  if (isJsonObject(preferences))
    return sorted(Object.entries(preferences).map(([name, said]) => [name, said === true]));
  const management = context['consentManagement'];
  if (!isJsonObject(management)) return undefined;
  const allowed = textsOf(management['allowedConsentIds']).map((id): [string, boolean] => [id, true]);
  const denied = textsOf(management['deniedConsentIds']).map((id): [string, boolean] => [id, false]);
  return allowed.length + denied.length === 0 ? undefined : sorted([...allowed, ...denied]);
}

/** In one order, so that the same preferences are the same text; of one category said twice the last, a denial, counts. */
function sorted(entries: readonly (readonly [string, boolean])[]): Record<string, boolean> {
  const kept = entries
    .filter(([name]) => name !== '' && name !== '__proto__' && name.length <= CATEGORY_LENGTH_MAX)
    .slice(-CATEGORIES_MAX);
  return Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function firstText(fields: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim().slice(0, RAW_LENGTH_MAX);
  }
  return undefined;
}

function sectionsOf(value: Json | undefined): number[] {
  const parts = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[,_]/) : [value ?? ''];
  return parts.map(Number).filter((id) => Number.isInteger(id) && id > 0 && id <= 1_000);
}

function gpcOf(value: Json | undefined): boolean | undefined {
  if (value === true || value === 1 || value === '1') return true;
  return value === false || value === 0 || value === '0' ? false : undefined;
}

function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
