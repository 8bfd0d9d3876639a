import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';

/** What a customer told WhatsApp about our marketing messages. */
export interface WhatsAppPreference {
  /** E.164, when the number is told. */
  readonly phone: string | undefined;
  /** WhatsApp's own id of the customer for this business, which stands in when she hides her number. */
  readonly userId: string | undefined;
  readonly value: 'stop' | 'resume';
  /** Milliseconds since the epoch; undefined: not told. */
  readonly occurredAt: number | undefined;
  readonly detail: string | undefined;
}

/** The only kind of message a customer can stop in WhatsApp's own settings. */
const MARKETING_MESSAGES = 'marketing_messages';
const DETAIL_LENGTH_MAX = 500;

/**
 * The preferences in a webhook of the WhatsApp Cloud API: the whole body, or the `value` of one change. Source: Meta,
 * "user_preferences webhook reference" (May 2026). What is something else, or of a category not known, is passed by. Pure.
 */
export function readWhatsAppPreferences(payload: unknown): WhatsAppPreference[] {
  return valuesIn(payload)
    .flatMap((value) => listOf(value['user_preferences']))
    .flatMap((one) => readPreference(one));
}

function valuesIn(payload: unknown): JsonObject[] {
  if (!isJsonObject(payload)) return [];
  if (Array.isArray(payload['user_preferences'])) return [payload];
  return listOf(payload['entry'])
    .flatMap((entry) => listOf(entry['changes']))
    .filter((change) => change['field'] === 'user_preferences')
    .map((change) => change['value'])
    .filter((value): value is JsonObject => isJsonObject(value));
}

function readPreference(one: JsonObject): WhatsAppPreference[] {
  const { value, category, detail } = one;
  if ((value !== 'stop' && value !== 'resume') || category !== MARKETING_MESSAGES) return [];
  const digits = typeof one['wa_id'] === 'string' ? one['wa_id'].replace(/^\+/, '') : '';
  return [
    {
      phone: /^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : undefined,
      userId: typeof one['user_id'] === 'string' ? one['user_id'] : undefined,
      value,
      occurredAt: secondsOf(one['timestamp']),
      detail: typeof detail === 'string' ? detail.slice(0, DETAIL_LENGTH_MAX) : undefined,
    },
  ];
}

function secondsOf(value: Json | undefined): number | undefined {
  const seconds = typeof value === 'string' && /^\d{1,11}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((one): one is JsonObject => isJsonObject(one)) : [];
}
