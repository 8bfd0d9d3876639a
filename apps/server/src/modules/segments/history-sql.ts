import type { EventFilter } from '@segue/contract';
import { z } from 'zod';

import type { HistoryQuery } from '../../platform/clickhouse/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { NUMBER_IN_TEXT } from '../../platform/number-in-text.ts';
import { scalarSet } from './condition.ts';
import { trimTimes, type LeafState } from './leaf-state.ts';
import { type CountedEvents, isNegative } from './leaf.ts';
import { pathSteps } from './path.ts';

/** How far history counts in one lane; everything after is counted live. */
export interface CutPosition {
  readonly log: number;
  readonly lane: number;
  readonly seq: number;
}

export interface HistoryScope {
  readonly workspaceId: number;
  /** A lane without a position counts nothing. */
  readonly cut: readonly CutPosition[];
  readonly nowMs: number;
  /** Only these identity nodes; all when left out. */
  readonly nodes?: readonly number[];
}

/** One identity node: times that count for certain, newest first, and events that only TypeScript can judge. */
const historyRow = z.object({
  node: z.coerce.number(),
  times: z.array(z.coerce.number()),
  undecided: z.array(z.tuple([z.coerce.number(), z.string()])),
});

/**
 * The ClickHouse query for a leaf's state of each identity node up to a cut position. Read its rows with `historyLeafState`.
 *
 * SQL decides every filter except `before` and `after`, whose date grammar it has not: those events come back undecided.
 * So do events whose payload ClickHouse cannot parse while JavaScript can: an integer beyond 64 bits, an unpaired
 * surrogate, nesting beyond its limit. Payloads must be written by JSON.stringify (no key twice in an object).
 */
export function historyQuery(leaf: CountedEvents, scope: HistoryScope): HistoryQuery {
  const params: Params = {
    workspaceId: scope.workspaceId,
    cutLanes: scope.cut.map(({ log, lane }) => log * 256 + lane),
    cutSeqs: scope.cut.map(({ seq }) => seq),
    nowMs: scope.nowMs,
    ...(leaf.type === 'track' ? {} : { type: leaf.type }),
  };
  if (scope.nodes !== undefined) params['onlyNodes'] = scope.nodes;
  const filters = leaf.filters.map((filter, index) =>
    compileFilter({ filter, blind: leaf.blind[index], index }, params),
  );
  const hasFilters = filters.length > 0;
  const sql = `
select
  node,
  arrayConcat(
    arrayReverseSort(groupArrayIf(occurred_ms, verdict = 1 and occurred_ms > {nowMs:Int64})),
    arrayMap(t -> -t, groupArraySortedIf(${leaf.capacity})(-occurred_ms, verdict = 1 and occurred_ms <= {nowMs:Int64}))
  ) as times,
  ${hasFilters ? 'groupArrayIf([toString(occurred_ms), payload], verdict = 2)' : '[]'} as undecided
from (
  select node, occurred_ms${hasFilters ? ', payload' : ''}, ${verdictSql(filters)} as verdict
  from (
    select node, occurred_ms${hasFilters ? ', payload' : ''}${filters.map(columnsSql).join('')}
    from history_events
    where workspace_id = {workspaceId:UInt32}
      and ${rowConditions(leaf, params).join('\n      and ')}
  )
)
where verdict > 0
group by node
settings precise_float_parsing = 1`;
  return { sql, params, priority: 'background' };
}

/** The leaf's state of one node, from a row of its `historyQuery`. */
export function historyLeafState(
  leaf: CountedEvents,
  row: unknown,
  nowMs: number,
): { readonly node: number; readonly times: LeafState } {
  const { node, times, undecided } = historyRow.parse(row);
  for (const [occurredAt, payload] of undecided) {
    const event = {
      type: leaf.type,
      name: leaf.name ?? '',
      occurredAt,
      payload: JSON.parse(payload) as { properties?: JsonObject },
    };
    if (leaf.passes(event)) times.push(occurredAt);
  }
  return {
    node,
    times: trimTimes(
      times.sort((a, b) => b - a),
      { capacity: leaf.capacity, nowMs },
    ),
  };
}

type Params = Record<string, unknown>;

function rowConditions(leaf: CountedEvents, params: Params): readonly string[] {
  const conditions = [
    ...('onlyNodes' in params ? ['node in {onlyNodes:Array(UInt64)}'] : []),
    // What Segue itself says of a customer is counted like what the shop tracks.
    leaf.type === 'track' ? `type in ('track', 'internal')` : 'type = {type:String}',
    `seq < transform(toUInt16(log) * 256 + lane, {cutLanes:Array(UInt32)}, arrayMap(s -> s + 1, {cutSeqs:Array(UInt64)}), toUInt64(0))`,
  ];
  if (leaf.name !== undefined) {
    params['name'] = leaf.name;
    conditions.push('name = {name:String}');
  }
  if (Number.isFinite(leaf.fromMs)) {
    params['fromMs'] = leaf.fromMs;
    conditions.push('occurred_ms >= {fromMs:Int64}');
  }
  if (Number.isFinite(leaf.untilMs)) {
    params['untilMs'] = leaf.untilMs;
    conditions.push('occurred_ms < {untilMs:Int64}');
  }
  return conditions;
}

interface FilterSql {
  readonly index: number;
  /** The value as JSON text; empty when absent. Cut out once, so that the tests below parse only it. */
  readonly raw: string;
  /** Whether the hashes of the sealed property name its value; undefined: it is never sealed. */
  readonly hit: string | undefined;
  /** `undefined`: only TypeScript can tell. */
  readonly test: string | undefined;
}

function columnsSql({ raw, hit, index }: FilterSql): string {
  return `, ${raw} as v${index}${hit === undefined ? '' : `, ${hit} as h${index}`}`;
}

/** 1 counts, 0 does not, 2 undecided. The payload's own validity is asked only when the value was not found in it. */
function verdictSql(filters: readonly FilterSql[]): string {
  if (filters.length === 0) return '1';
  const unreadable = filters.map(
    ({ index }) => `if(v${index} = '', not isValidJSON(payload), not isValidJSON(v${index}))`,
  );
  const tests = filters.map(({ test }) => test).filter((test) => test !== undefined);
  const whenAllHold = tests.length === filters.length ? '1' : '2';
  return `multiIf(${unreadable.join(' or ')}, 2, ${tests.length === 0 ? '1' : tests.map((test) => `(${test})`).join(' and ')}, ${whenAllHold}, 0)`;
}

function compileFilter(
  { filter, blind, index }: { filter: EventFilter; blind: readonly string[] | undefined; index: number },
  params: Params,
): FilterSql {
  const keys = pathSteps(filter.property).map((step, depth) =>
    bind(params, `k${index}_${depth}`, { value: step, type: 'String' }),
  );
  const raw = `JSONExtractRaw(payload, 'properties', ${keys.join(', ')})`;
  const test = filterTest(filter, { value: `v${index}`, name: `p${index}`, params });
  if (blind === undefined || test === undefined) return { index, raw, test, hit: undefined };
  const hashes = bind(params, `b${index}`, { value: blind, type: 'Array(String)' });
  const hit = `h${index}`;
  const sql = `hasAny(JSONExtract(payload, 'blind', ${keys[0]}, 'Array(String)'), ${hashes})`;
  return { index, raw, test: isNegative(filter) ? `(${test}) and not ${hit}` : `(${test}) or ${hit}`, hit: sql };
}

interface Place {
  /** The SQL expression that holds the value as JSON text. */
  readonly value: string;
  /** Prefix of parameter names. */
  readonly name: string;
  readonly params: Params;
}

function filterTest(filter: EventFilter, place: Place): string | undefined {
  const { value, name, params } = place;
  const isText = `JSONType(${value}) = 'String'`;
  const text = `JSONExtractString(${value})`;
  const compare = (operator: string, limit: number): string =>
    `ifNull(${numberSql(value)} ${operator} ${bindNumber(params, `${name}_${operator.startsWith('>') ? 'low' : 'high'}`, limit)}, 0)`;
  switch (filter.op) {
    case 'equals':
      return equalsAnyOfSql([filter.value], place);
    case 'in':
      return equalsAnyOfSql(filter.value, place);
    case 'notEquals':
      return `not (${equalsAnyOfSql([filter.value], place)})`;
    case 'notIn':
      return `not (${equalsAnyOfSql(filter.value, place)})`;
    case 'includes':
      return `arrayExists(x -> ${equalsAnyOfSql([filter.value], { ...place, value: 'x' })}, JSONExtractArrayRaw(${value}))`;
    case 'exists':
      return `${value} not in ('', 'null')`;
    case 'missing':
      return `${value} in ('', 'null')`;
    case 'contains':
      return `${isText} and position(${text}, ${bind(params, name, { value: filter.value, type: 'String' })}) > 0`;
    case 'startsWith':
    case 'endsWith':
      return `${isText} and ${filter.op}(${text}, ${bind(params, name, { value: filter.value, type: 'String' })})`;
    case 'atLeast':
      return compare('>=', filter.value);
    case 'atMost':
      return compare('<=', filter.value);
    case 'moreThan':
      return compare('>', filter.value);
    case 'lessThan':
      return compare('<', filter.value);
    case 'between':
      return `${compare('>=', filter.value[0])} and ${compare('<=', filter.value[1])}`;
    case 'before':
    case 'after':
      return undefined;
  }
}

const NUMBER_TYPES = `('Int64', 'UInt64', 'Double')`;

function numberInTextSql(value: string): string {
  const text = `JSONExtractString(${value})`;
  return `if(match(${text}, '${NUMBER_IN_TEXT.replaceAll('\\', '\\\\')}'), toFloat64OrNull(${text}), null)`;
}

function numberSql(value: string): string {
  return `multiIf(JSONType(${value}) in ${NUMBER_TYPES}, JSONExtractFloat(${value}), JSONType(${value}) = 'String', ${numberInTextSql(value)}, null)`;
}

function equalsAnyOfSql(values: Parameters<typeof scalarSet>[0], { value, name, params }: Place): string {
  const set = scalarSet(values);
  const cases: string[] = [];
  const texts: string[] = [];
  if (set.texts.length > 0) {
    texts.push(
      `has(${bind(params, `${name}_texts`, { value: set.texts, type: 'Array(String)' })}, JSONExtractString(${value}))`,
    );
  }
  if (set.numbers.length > 0) {
    const numbers = bindNumbers(params, `${name}_numbers`, set.numbers);
    texts.push(`has(${numbers}, ifNull(${numberInTextSql(value)}, nan))`);
  }
  if (texts.length > 0) cases.push(`JSONType(${value}) = 'String', ${texts.join(' or ')}`);
  const anyNumbers = [...set.numbers, ...set.textNumbers];
  if (anyNumbers.length > 0) {
    const numbers = bindNumbers(params, `${name}_anyNumbers`, anyNumbers);
    cases.push(`JSONType(${value}) in ${NUMBER_TYPES}, has(${numbers}, JSONExtractFloat(${value}))`);
  }
  if (set.booleans.length > 0) {
    const booleans = bind(params, `${name}_booleans`, { value: set.booleans.map(Number), type: 'Array(UInt8)' });
    cases.push(`JSONType(${value}) = 'Bool', has(${booleans}, toUInt8(JSONExtractBool(${value})))`);
  }
  return `multiIf(${cases.join(', ')}, 0)`;
}

function bind(
  params: Params,
  name: string,
  { value, type }: { readonly value: unknown; readonly type: string },
): string {
  params[name] = value;
  return `{${name}:${type}}`;
}

/** Clients differ in how they write a float; as text it arrives as JavaScript wrote it, and one parser reads it. */
function bindNumber(params: Params, name: string, value: number): string {
  return `toFloat64(${bind(params, name, { value: String(value), type: 'String' })})`;
}

function bindNumbers(params: Params, name: string, values: readonly number[]): string {
  return `arrayMap(n -> toFloat64(n), ${bind(params, name, { value: values.map(String), type: 'Array(String)' })})`;
}
