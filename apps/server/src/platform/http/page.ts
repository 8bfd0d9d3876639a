import { AppError } from '../errors.ts';

/** What every list answers. `nextCursor` is null on the last page. */
export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** Opaque to the caller: the sort key of the last item. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** What one part of a list's sort key is; a cursor whose parts are something else is not of that list. */
export type CursorPart = 'uuid' | 'number' | 'instant' | 'text';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const FITS: Readonly<Record<CursorPart, (part: unknown) => boolean>> = {
  uuid: (part) => typeof part === 'string' && UUID.test(part),
  number: (part) => typeof part === 'number',
  instant: (part) => typeof part === 'string' && INSTANT.test(part) && !Number.isNaN(Date.parse(part)),
  text: (part) => typeof part === 'string' && !part.includes('\0'),
};

/** The sort key a cursor of this list carries; undefined on the first page. Anything else is the caller's mistake. */
export function decodeCursor(
  cursor: string | undefined,
  shape: readonly CursorPart[],
): (string | number)[] | undefined {
  if (cursor === undefined || cursor === '') return undefined;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const fits = Array.isArray(key) && key.length === shape.length && key.every((part, i) => FITS[shape[i]!](part));
    if (fits) return key as (string | number)[];
  } catch {
    // Falls through to the one message for every malformed cursor.
  }
  throw new AppError('invalid', 'The cursor is not one this list gave out', {
    details: [{ field: 'cursor', message: 'pass the nextCursor of the page before, or leave it out' }],
  });
}

/** Cuts a page out of `limit + 1` rows. */
export function toPage<R, T>(
  rows: readonly R[],
  options: { limit: number; keyOf: (row: R) => readonly (string | number)[]; present: (row: R) => T },
): Page<T> {
  const shown = rows.slice(0, options.limit);
  const last = shown.at(-1);
  const more = rows.length > options.limit && last !== undefined;
  return { items: shown.map(options.present), nextCursor: more ? encodeCursor(options.keyOf(last)) : null };
}
