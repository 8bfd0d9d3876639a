import type { ExportSubject } from '@segue/contract';
import { isJsonObject, type Json, type JsonObject } from '../../../platform/json.ts';

const WHO = ['profileId', 'userId', 'anonymousId', 'email', 'phone'];
const EVENT = [...WHO, 'messageId', 'timestamp'];
const ORDER = [
  'order_id',
  'total',
  'revenue',
  'currency',
  'tax',
  'shipping',
  'discount',
  'coupon',
  'affiliation',
  'products',
];
const CONSENT = ['channel', 'topic', 'status', 'occurredAt', 'source', 'isConfirmed', 'text', 'url', 'ip'];

/** What every row of a kind may have; of profiles the traits come after these. */
export const FIXED_COLUMNS: Readonly<Record<ExportSubject, readonly string[]>> = {
  profiles: [...WHO, 'profileCreatedAt', 'lastSeenAt'],
  segment: [...WHO, 'profileCreatedAt', 'lastSeenAt'],
  events: [...EVENT, 'eventType', 'event', 'properties'],
  orders: [...EVENT, ...ORDER],
  consents: ['profileId', 'identifier', ...CONSENT],
};

const TIMES: ReadonlySet<string> = new Set(['profileCreatedAt', 'lastSeenAt', 'timestamp', 'occurredAt']);
const TEXTS: ReadonlySet<string> = new Set([
  ...WHO,
  'identifier',
  'messageId',
  'eventType',
  'event',
  'order_id',
  'currency',
  ...CONSENT,
]);

/** What a column of a Parquet file is: a time, a text, or JSON where its values may be of any type. */
export function columnType(column: string): 'TIMESTAMP' | 'STRING' | 'JSON' {
  if (TIMES.has(column)) return 'TIMESTAMP';
  return TEXTS.has(column) && column !== 'isConfirmed' ? 'STRING' : 'JSON';
}

/** Further columns than this are left out, and the traits told as one. */
const TRAITS_MAX = 1_000;

/** The columns of profiles whose traits are these. */
export function profileColumns(traits: ReadonlySet<string>): string[] {
  const own = traits.size > TRAITS_MAX ? ['traits'] : [...traits].sort().map((name) => `traits.${name}`);
  return [...FIXED_COLUMNS.profiles, ...own];
}

/** The value of a column: a field of the row, or what its path leads to. Names may hold dots. */
export function columnValue(row: JsonObject, column: string): Json | undefined {
  if (Object.hasOwn(row, column)) return row[column];
  const dot = column.indexOf('.');
  if (dot < 0) return undefined;
  for (let at = dot; at >= 0; at = column.indexOf('.', at + 1)) {
    const inner = Object.hasOwn(row, column.slice(0, at)) ? row[column.slice(0, at)] : undefined;
    if (!isJsonObject(inner)) continue;
    const value = columnValue(inner, column.slice(at + 1));
    if (value !== undefined) return value;
  }
  return undefined;
}
