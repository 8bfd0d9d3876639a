import type { Json } from '../../platform/json.ts';

/** Zones there are: about 600, whatever customers say. */
const known = new Map<string, boolean>();
const REMEMBERED_MAX = 2_000;
const NAME_LENGTH_MAX = 64;

/** The IANA zone a value names, if Intl knows it. */
export function knownZone(value: Json | undefined): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > NAME_LENGTH_MAX) return undefined;
  let isKnown = known.get(value);
  if (isKnown === undefined) {
    isKnown = isZone(value);
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(value, isKnown);
  }
  return isKnown ? value : undefined;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
