import { GraphQLError } from 'graphql';
import { wholeSecond } from './instant.ts';
import { compareIds } from './rest-lists.ts';

const PAGE_MOST = 250;

export interface ConnectionArgs {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
  readonly reverse?: boolean | null;
  readonly query?: string | null;
  readonly sortKey?: string | null;
}

/** What a list sorts and filters its things by. */
export interface Sortable {
  readonly id: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** `sku`, `email`, `status`: what else a query may name. */
  readonly words?: Readonly<Record<string, string | undefined>>;
}

interface Place {
  readonly value: number;
  readonly id: string;
}

/** A page of a list: behind a cursor that says the last value and id, so that nothing new moves it. */
export function connectionOf<T extends Sortable, N>(all: Iterable<T>, args: ConnectionArgs, present: (one: T) => N) {
  const { first, last, after, before, reverse, query, sortKey } = args;
  const size = first ?? last;
  if (size === undefined || size === null) throw badRequest('you must provide one of first or last');
  if (size < 0 || size > PAGE_MOST) throw badRequest(`first and last are from 0 to ${PAGE_MOST}`);
  const direction = reverse === true ? -1 : 1;
  const placeOf = (one: T): Place => ({ value: valueOf(one, sortKey), id: one.id });
  const sorted = [...all]
    .filter((one) => fitsQuery(one, query ?? ''))
    .map((one) => ({ one, place: placeOf(one) }))
    .sort((a, b) => direction * compare(a.place, b.place));
  const from = after === undefined || after === null ? undefined : readCursor(after);
  const to = before === undefined || before === null ? undefined : readCursor(before);
  const inside = sorted.filter(
    ({ place }) =>
      (from === undefined || direction * compare(place, from) > 0) &&
      (to === undefined || direction * compare(place, to) < 0),
  );
  const isForward = first !== undefined && first !== null;
  const page = isForward ? inside.slice(0, size) : inside.slice(Math.max(0, inside.length - size));
  const edges = page.map(({ one, place }) => ({ cursor: writeCursor(place), node: present(one) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: isForward ? inside.length > page.length : to !== undefined,
      hasPreviousPage: isForward ? from !== undefined : inside.length > page.length,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

function valueOf(one: Sortable, sortKey: string | null | undefined): number {
  if (sortKey === 'UPDATED_AT') return wholeSecond(one.updatedAtMs);
  return sortKey === 'CREATED_AT' || sortKey === 'PROCESSED_AT' ? wholeSecond(one.createdAtMs) : 0;
}

const compare = (a: Place, b: Place): number => a.value - b.value || compareIds(a.id, b.id);

function writeCursor({ value, id }: Place): string {
  return Buffer.from(JSON.stringify({ last_value: value, last_id: id })).toString('base64');
}

function readCursor(cursor: string): Place {
  try {
    const { last_value: value, last_id: id } = JSON.parse(Buffer.from(cursor, 'base64').toString('utf8')) as Record<
      string,
      unknown
    >;
    if (typeof value === 'number' && typeof id === 'string') return { value, id };
  } catch {
    // Said below.
  }
  throw badRequest('Invalid cursor for current pagination sort.');
}

export function badRequest(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
}

const TERM = /(\w+):(>=|<=|>|<)?(?:'([^']*)'|"([^"]*)"|(\S+))/g;

/** `updated_at:>='2026-11-23T10:00:00Z' AND sku:A` (shopify.dev, "API search syntax"); what is not known is passed over. */
function fitsQuery(one: Sortable, query: string): boolean {
  for (const [, name = '', operator = '', single, double, bare] of query.matchAll(TERM)) {
    const value = single ?? double ?? bare ?? '';
    if (!fitsTerm(one, { name, operator, value })) return false;
  }
  return true;
}

function fitsTerm(
  one: Sortable,
  { name, operator, value }: { name: string; operator: string; value: string },
): boolean {
  if (name === 'id') return operator === '' ? one.id === value : fitsNumber(compareIds(one.id, value), operator);
  const atMs =
    name === 'updated_at'
      ? one.updatedAtMs
      : name === 'created_at' || name === 'processed_at'
        ? one.createdAtMs
        : undefined;
  if (atMs !== undefined) return fitsNumber(wholeSecond(atMs) - wholeSecond(Date.parse(value)), operator);
  const word = one.words?.[name];
  return word === undefined || word.toLowerCase() === value.toLowerCase();
}

function fitsNumber(difference: number, operator: string): boolean {
  switch (operator) {
    case '>=':
      return difference >= 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '<':
      return difference < 0;
    default:
      return difference === 0;
  }
}
