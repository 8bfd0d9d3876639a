import type { EventFilter, Path } from '@segue/contract';

import { QUARTER_MS, zoneOffsetMs } from '../calendar.ts';
import { isNegative } from '../event-source.ts';
import type { EventSource } from '../leaf-plan.ts';
import { pathSteps } from '../path.ts';
import { conditionSql, type ConditionSql } from './condition-sql.ts';
import type { RowSql } from './row-sql.ts';

/** Whether an event is of the source's type, name and period, as SQL on the columns of `history_events`. */
export function rowCondition({ type, name, prefix, fromMs, untilMs }: EventSource, row: RowSql): string {
  return [
    typeCondition(type, row),
    ...(name === undefined ? [] : [`name = ${row.bind(name, 'String')}`]),
    ...(prefix === undefined ? [] : [`startsWith(name, ${row.bind(prefix, 'String')})`]),
    ...(Number.isFinite(fromMs) ? [`occurred_ms >= ${row.bind(fromMs, 'Int64')}`] : []),
    ...(Number.isFinite(untilMs) ? [`occurred_ms < ${row.bind(untilMs, 'Int64')}`] : []),
  ].join(' and ');
}

/** What Segue itself says of a customer is counted like what the shop tracks. */
export function typeCondition(type: string, row: RowSql): string {
  return type === 'track' ? `type in ('track', 'internal')` : `type = ${row.bind(type, 'String')}`;
}

/** Whether every event of the source's type, name and period is one of its own. */
export function isWholeSource({ filters, at }: EventSource): boolean {
  return filters.length === 0 && at === undefined;
}

/**
 * What an event that meets the row condition is: 1 counts, 0 does not, 2 undecided. `when`: an SQL condition without which
 * it is not asked, so that only payloads that matter are parsed.
 */
export function sourceVerdict({ filters, blind, at }: EventSource, row: RowSql, when?: string): string {
  const verdicts = [
    ...(at === undefined ? [] : [clockVerdict(at, row, when)]),
    ...filters.map((filter, index) => filterVerdict({ filter, blind: blind[index] }, row, when)),
  ];
  return allVerdicts(verdicts);
}

/** What hold together: 0 as soon as one does not. */
export function allVerdicts(verdicts: readonly string[]): string {
  const [only] = verdicts;
  if (only === undefined) return '1';
  if (verdicts.length === 1) return only;
  return `(least(${verdicts.join(', ')}) > 0) * greatest(${verdicts.join(', ')})`;
}

/** The steps into a payload to a property of the event. */
export function inProperties(path: Path): readonly string[] {
  return ['properties', ...pathSteps(path)];
}

/** The column that holds what lies at these steps into the payload as JSON text; empty when absent. */
export function valueColumn(steps: readonly string[], row: RowSql, when?: string): string {
  const keys = steps.map((step) => row.bind(step, 'String'));
  return row.column(
    `JSONExtractRaw(payload, ${keys.join(', ')})`,
    when === undefined ? undefined : { when, otherwise: `''` },
  );
}

/**
 * Where ClickHouse cannot parse what JavaScript can. The payload's own validity is asked only when the value was not found in
 * it; that of the value only where it could be no JSON: ClickHouse writes doubles that it does not read again.
 */
export function unreadable(value: string, row: RowSql): string {
  const isLong = `length(${value}) >= 16 and not startsWith(${value}, '"')`;
  const sql = `(${row.isRead(value)} and ${value} = '' and not isValidJSON(payload)) or (${isLong} and not isValidJSON(${value}))`;
  return row.derived(sql, value);
}

/**
 * 2 where it is not sure, else whether the test holds. As arithmetic: of nested conditionals the engine takes the rows of each
 * branch apart and puts them together again, which took longer than all the rest of a rule of five leaves.
 */
export function verdictOf(value: string, { test, unsure }: ConditionSql, row: RowSql): string {
  const cannotTell = unsure === undefined ? '' : ` or (${unsure})`;
  return `greatest(2 * (${unreadable(value, row)}${cannotTell}), toUInt8(${test}))`;
}

function filterVerdict(
  { filter, blind }: { readonly filter: EventFilter; readonly blind: readonly string[] | undefined },
  row: RowSql,
  when: string | undefined,
): string {
  const value = valueColumn(inProperties(filter.property), row, when);
  const condition = filterSql(filter, value, row);
  if (blind === undefined) return verdictOf(value, condition, row);
  const key = row.bind(pathSteps(filter.property)[0], 'String');
  const hashes = row.bind(blind, 'Array(String)');
  const raw = `hasAny(JSONExtract(payload, 'blind', ${key}, 'Array(String)'), ${hashes})`;
  const hit = row.column(raw, when === undefined ? undefined : { when, otherwise: '0' });
  const test = isNegative(filter) ? `(${condition.test}) and not ${hit}` : `(${condition.test}) or ${hit}`;
  return verdictOf(value, { ...condition, test }, row);
}

/** Conditions on the elements of a list, or on the value itself. */
export function filterSql(filter: EventFilter, value: string, row: RowSql): ConditionSql {
  if (filter.op !== 'some') return conditionSql(filter, value, row);
  const inner = filter.where.map((condition) => {
    const keys = pathSteps(condition.property).map((step) => row.bind(step, 'String'));
    return conditionSql(condition, `JSONExtractRaw(y, ${keys.join(', ')})`, row);
  });
  const some = (sql: string): string => `arrayExists(y -> ${sql}, JSONExtractArrayRaw(${value}))`;
  const unsure = inner.flatMap((condition) => (condition.unsure === undefined ? [] : [`(${condition.unsure})`]));
  return {
    test: some(inner.map(({ test }) => `(${test})`).join(' and ')),
    ...(unsure.length === 0 ? {} : { unsure: some(unsure.join(' or ')) }),
  };
}

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Where the event says a time zone of its own that matters, TypeScript judges. */
function clockVerdict(at: NonNullable<EventSource['at']>, row: RowSql, when: string | undefined): string {
  const { starts, offsets, endMs } = offsetsOf(at.zone);
  const from = row.bind(starts, 'Array(Int64)');
  const known = `occurred_ms >= ${row.bind(starts[0], 'Int64')} and occurred_ms < ${row.bind(endMs, 'Int64')}`;
  const local = `(occurred_ms + arrayElement(${row.bind(offsets, 'Array(Int64)')}, arrayCount(s -> s <= occurred_ms, ${from})))`;
  const tests: string[] = [];
  if (at.days !== undefined) {
    const days = at.days.map((day) => WEEKDAYS.indexOf(day));
    tests.push(`has(${row.bind(days, 'Array(UInt8)')}, (intDiv(${local}, ${DAY_MS}) + 3) % 7)`);
  }
  if (at.hours !== undefined) {
    const { from: first, until } = at.hours;
    const hour = `intDiv(${local} % ${DAY_MS}, ${HOUR_MS})`;
    const join = first <= until ? 'and' : 'or';
    tests.push(`(${hour} >= ${row.bind(first, 'UInt8')} ${join} ${hour} < ${row.bind(until, 'UInt8')})`);
  }
  const sure = `multiIf(not (${known}), 2, ${tests.length === 0 ? '1' : tests.join(' and ')}, 1, 0)`;
  if (!at.isCustomers) return sure;
  const raw = `JSONExtractRaw(payload, 'context', 'timezone')`;
  const own = row.column(raw, when === undefined ? undefined : { when, otherwise: `''` });
  return `multiIf(${own} != '' or not isValidJSON(payload), 2, ${sure})`;
}

interface Offsets {
  /** From these instants on clocks are so far ahead of UTC, up to the end. */
  readonly starts: readonly number[];
  readonly offsets: readonly number[];
  readonly endMs: number;
}

const KNOWN_FROM_MS = Date.UTC(2010, 0);
const KNOWN_UNTIL_MS = Date.UTC(2040, 0);
const known = new Map<string, Offsets>();

/** Both engines shall have one idea of a zone: what JavaScript knows of it is sent along. Clocks change at quarters of an hour. */
function offsetsOf(zone: string): Offsets {
  const before = known.get(zone);
  if (before !== undefined) return before;
  const starts = [KNOWN_FROM_MS];
  const offsets = [zoneOffsetMs(zone, KNOWN_FROM_MS)];
  for (let atMs = KNOWN_FROM_MS; atMs < KNOWN_UNTIL_MS; atMs += DAY_MS) {
    if (zoneOffsetMs(zone, atMs + DAY_MS) === offsets.at(-1)) continue;
    let changeMs = atMs;
    while (zoneOffsetMs(zone, changeMs) === offsets.at(-1)) changeMs += QUARTER_MS;
    starts.push(changeMs);
    offsets.push(zoneOffsetMs(zone, changeMs));
  }
  const found = { starts, offsets, endMs: KNOWN_UNTIL_MS };
  known.set(zone, found);
  return found;
}
