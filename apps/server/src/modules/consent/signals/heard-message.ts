import type { LoggedEvent } from '../../../platform/eventlog/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import { joinPersonal } from '../../events/index.ts';
import { type OwnWord, readOptWord } from './read-opt-word.ts';
import { readWhatsAppPreferences } from './whatsapp-preferences.ts';

/** A customer's word about all messages on a channel. */
export interface HeardWord {
  readonly action: 'stop' | 'start' | 'help';
  readonly channel: string;
  readonly occurredAt: number;
  /** A mere yes. */
  readonly isAnswer: boolean;
  /** It ends every message to the address, not only marketing. */
  readonly isOfAddress: boolean;
  readonly source: 'opt_word' | 'whatsapp_preference';
  /** The very words, as proof. */
  readonly text: string;
  /** Keyed hash, when Segue's own channel tells it; else the address as the source sent it. */
  readonly addressHash: string | undefined;
  readonly address: string | undefined;
}

export const MESSAGE_RECEIVED = 'Message Received';
export const WHATSAPP_PREFERENCE = 'WhatsApp Preference Updated';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TEXT_LENGTH_MAX = 500;

/** Whether an event may hold such a word; who may say it is another question. Pure. */
export function isHeard(event: Pick<LoggedEvent, 'type' | 'name'>): boolean {
  if (event.type !== 'track' && event.type !== 'internal') return false;
  return event.name === MESSAGE_RECEIVED || event.name === WHATSAPP_PREFERENCE;
}

/** Reads the word in an event of Segue itself or of a trusted source; undefined: it holds none. Pure. */
export function readHeard(
  event: LoggedEvent,
  of: { personal: JsonObject | undefined; own: readonly OwnWord[] },
): HeardWord | undefined {
  const properties = wholeProperties(event, of.personal);
  const at = { ...addressIn(event, properties), occurredAt: Math.min(event.occurredAt, event.receivedAt) };
  return event.name === WHATSAPP_PREFERENCE
    ? readPreference(properties, at)
    : readMessage(properties, { ...at, language: languageOf(event, properties), own: of.own });
}

function wholeProperties(event: LoggedEvent, personal: JsonObject | undefined): JsonObject {
  const clear = event.payload.properties ?? {};
  const whole = joinPersonal(clear, personal?.['properties'] ?? {});
  return isJsonObject(whole) ? whole : clear;
}

type At = Pick<HeardWord, 'addressHash' | 'address' | 'occurredAt'>;

function readMessage(
  properties: JsonObject,
  { language, own, ...at }: At & { language: string | undefined; own: readonly OwnWord[] },
): HeardWord | undefined {
  const channel = textOf(properties['channel'])?.toLowerCase();
  const text = textOf(properties['text']);
  if (channel === undefined || text === undefined) return undefined;
  const word = readOptWord(text, { channel, language, own });
  if (word === undefined) return undefined;
  return { ...at, ...word, channel, isOfAddress: true, source: 'opt_word', text: text.slice(0, TEXT_LENGTH_MAX) };
}

function readPreference(properties: JsonObject, at: At): HeardWord | undefined {
  const isWhole = 'user_preferences' in properties || 'entry' in properties;
  const [preference, another] = readWhatsAppPreferences(isWhole ? properties : { user_preferences: [properties] });
  // An event is about one customer; whoever forwards what is about several must part it first.
  if (preference === undefined || another !== undefined) return undefined;
  return {
    addressHash: at.addressHash,
    address: at.address ?? preference.phone,
    occurredAt: Math.min(at.occurredAt, preference.occurredAt ?? at.occurredAt),
    action: preference.value === 'stop' ? 'stop' : 'start',
    channel: 'whatsapp',
    isAnswer: false,
    isOfAddress: false,
    source: 'whatsapp_preference',
    text: preference.detail ?? preference.value,
  };
}

function addressIn(event: LoggedEvent, properties: JsonObject): Pick<HeardWord, 'addressHash' | 'address'> {
  const hash = properties['address_hash'];
  // Whoever knows a hash has not shown that the address is hers: only Segue's own channels may name it.
  const addressHash = event.type === 'internal' && typeof hash === 'string' && UUID.test(hash) ? hash : undefined;
  return { addressHash, address: textOf(properties['address'] ?? properties['from'] ?? properties['phone']) };
}

function languageOf(event: LoggedEvent, properties: JsonObject): string | undefined {
  return textOf(properties['language'] ?? event.payload.context?.['locale']);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
