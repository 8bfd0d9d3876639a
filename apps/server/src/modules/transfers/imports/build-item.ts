import type { ImportKind } from '@segue/contract';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';
import type { RowValues } from './map-row.ts';

export interface ItemEnv {
  /** Says of which import and line the event is: the same row is one event. */
  readonly messageId: string;
  /** When a row without a time of its own was said: the same at every try. */
  readonly saidAtMs: number;
  readonly nowMs: number;
}

export type BuiltItem =
  /** As a sender of the tracking API would have written it. */
  | { readonly kind: 'item'; readonly type: 'identify' | 'track'; readonly item: JsonObject }
  /** As the list of consents has it. */
  | { readonly kind: 'consent'; readonly row: JsonObject }
  | { readonly kind: 'wrong'; readonly column: string; readonly message: string };

/** How far a clock may be ahead of ours. */
const AHEAD_MS_MAX = 60_000;

/** What a row becomes. Pure. */
export function buildItem(kind: Exclude<ImportKind, 'orders'>, values: RowValues, env: ItemEnv): BuiltItem {
  if (kind === 'consents') return { kind: 'consent', row: withoutBlanks(values) };
  const late = findLate(values, env);
  if (late !== undefined) return late;
  return kind === 'profiles' ? buildIdentify(values, env) : buildTrack(values, env);
}

/**
 * Rows of one order, one for each of its lines as shops export them: what is said once holds for all. Pure.
 * Segment's specification of "Order Completed".
 */
export function buildOrder(rows: readonly RowValues[], env: ItemEnv): BuiltItem {
  const whole: RowValues = {};
  const products: Json[] = [];
  for (const { products: line, ...row } of rows) {
    for (const [name, value] of Object.entries(row)) if (whole[name] === undefined) whole[name] = value;
    if (Array.isArray(line)) products.push(...line);
    else if (isJsonObject(line)) products.push(line);
  }
  const late = findLate(whole, env);
  if (late !== undefined) return late;
  if (whole['order_id'] === undefined) return wrong('order_id', 'gives no order_id; an order needs one');
  const { userId, anonymousId, email, phone, timestamp, properties, ...fields } = whole;
  const said: RowValues = {
    ...pick({ userId, anonymousId, email, phone, timestamp }),
    event: 'Order Completed',
    properties: { ...(properties as JsonObject | undefined), ...fields, ...(products.length > 0 && { products }) },
  };
  return buildTrack(said, env);
}

function wrong(column: string, message: string): BuiltItem {
  return { kind: 'wrong', column, message };
}

function findLate({ timestamp }: RowValues, { nowMs }: ItemEnv): BuiltItem | undefined {
  if (typeof timestamp !== 'string') return undefined;
  const ms = Date.parse(timestamp);
  if (ms > nowMs + AHEAD_MS_MAX) return wrong('timestamp', 'lies in the future; give the time it happened');
  return ms < 0 ? wrong('timestamp', 'lies before 1970; give the time it happened') : undefined;
}

function buildIdentify(values: RowValues, { messageId, saidAtMs }: ItemEnv): BuiltItem {
  const { userId, anonymousId, email, phone, timestamp = new Date(saidAtMs).toISOString(), traits } = values;
  const item = {
    ...pick({ userId, anonymousId }),
    type: 'identify',
    messageId,
    timestamp,
    traits: { ...pick({ email, phone }), ...(traits as JsonObject | undefined) },
  };
  return { kind: 'item', type: 'identify', item };
}

function buildTrack(values: RowValues, { messageId }: ItemEnv): BuiltItem {
  const { userId, anonymousId, email, phone, timestamp, event, messageId: own, properties = {} } = values;
  if (timestamp === undefined) return wrong('timestamp', 'gives no time; an event needs the time it happened');
  if (event === undefined) return wrong('event', 'gives no event; say what happened');
  const who = pick({ email, phone });
  const item = {
    ...pick({ userId, anonymousId }),
    type: 'track',
    event: typeof event === 'string' ? event : JSON.stringify(event),
    messageId: own ?? messageId,
    timestamp,
    properties,
    // Whom it is about: an address among the properties may be a friend's.
    ...(Object.keys(who).length > 0 && { context: { traits: who } }),
  };
  return { kind: 'item', type: 'track', item };
}

function pick(values: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

function withoutBlanks(values: RowValues): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, name === 'status' ? statusOf(value) : value]),
  );
}

const GRANTED = /^(?:granted|subscribed|yes|y|true|1|ja|oui|opted[_ ]?in)$/i;
const DENIED = /^(?:denied|unsubscribed|no|n|false|0|nein|non|opted[_ ]?out|cleaned)$/i;

/** What lists of others call a yes and a no. */
function statusOf(value: Json): Json {
  const text = typeof value === 'string' ? value.trim() : JSON.stringify(value);
  if (GRANTED.test(text)) return 'granted';
  return DENIED.test(text) ? 'denied' : value;
}
