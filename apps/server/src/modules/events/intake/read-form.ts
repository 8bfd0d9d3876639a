import { isJsonObject, type JsonObject } from '../../../platform/json.ts';

const FIELDS_MAX = 500;
const DEPTH_MAX = 8;
/** Names with a meaning to JavaScript. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The event that a query or a form describes: whole in `data`, as JSON or base64 of it (Segment's pixel), else field by
 * field, where a dot steps inside: `event=Opened&properties.mail=7` (RudderStack's pixel). Undefined: there is none.
 */
export function readForm(fields: Iterable<readonly [string, string]>): JsonObject | undefined {
  const event: JsonObject = {};
  let count = 0;
  for (const [path, value] of fields) {
    if (path === 'data') return readData(value);
    if (++count > FIELDS_MAX) return undefined;
    setField(event, path.split('.'), value);
  }
  return count === 0 ? undefined : event;
}

function readData(data: string): JsonObject | undefined {
  // Padding that a careless template left out, and blanks that were plus signs, are no reason to lose an open.
  return parse(data) ?? parse(Buffer.from(data.replaceAll(' ', '+'), 'base64').toString('utf8'));
}

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function setField(event: JsonObject, path: readonly string[], value: string): void {
  if (path.length > DEPTH_MAX || path.some((name) => RESERVED.has(name))) return;
  let inside = event;
  for (const name of path.slice(0, -1)) {
    const next = inside[name];
    if (isJsonObject(next)) inside = next;
    else inside = inside[name] = {};
  }
  inside[path.at(-1)!] = value;
}
