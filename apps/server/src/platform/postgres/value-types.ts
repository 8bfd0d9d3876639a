import pg from 'pg';

const oid = { int8: 20, date: 1082, timestamp: 1114, int8Array: 1016, dateArray: 1182 } as const;

type Parse = (text: string) => unknown;

// `pg` knows every type's number; its declarations name only some of them.
const parserOf = pg.types.getTypeParser as (id: number, format: 'text' | 'binary') => Parse;
const parseTextArray = parserOf(1009, 'text') as (text: string) => (string | null)[];

const parsers = new Map<number, Parse>([
  [oid.int8, parseInt8],
  [oid.int8Array, (text) => parseTextArray(text).map((item) => (item === null ? null : parseInt8(item)))],
  // A day and a clock reading have no time zone: as a Date they would shift with the zone of the server.
  [oid.date, (text) => text],
  [oid.timestamp, (text) => text],
  [oid.dateArray, parseTextArray],
]);

/** How values come back: `pg`'s own way, but `int8` as a number and `date` as text. */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format: 'text' | 'binary' = 'text') =>
    (format === 'binary' ? undefined : parsers.get(id)) ?? parserOf(id, format)) as typeof pg.types.getTypeParser,
};

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} does not fit into a number: select it as text`);
  return value;
}
