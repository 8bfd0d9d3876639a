import type { EventCount, NumberCondition } from '@segue/contract';

import { calendarSpan } from '../calendar.ts';
import type { CompiledNode } from '../compiled-node.ts';
import type { EventSource, LeafPlan } from '../leaf-plan.ts';
import type { Window } from '../window.ts';
import { conditionSql } from './condition-sql.ts';
import { microSql, pickedSql, rolesSql, valueSql } from './leaf-sql.ts';
import type { RuleParts } from './rule-parts.ts';
import { sequenceSql } from './sequence-sql.ts';
import { isWholeSource, rowCondition, sourceVerdict, unreadable, valueColumn } from './source-sql.ts';

export interface NodeSql {
  /** A node's truth as SQL of a profile's totals. */
  readonly test: string;
  /** What it is of a profile of whom history knows nothing; undefined: it depends on the profile. */
  readonly ofNothing: boolean | undefined;
}

const DISTINCT_MAX = 1_024;

/** The SQL of a node of a rule; undefined where history cannot answer it. `isSaid`: the trait is what identify calls say of it. */
export function nodeSql(node: CompiledNode, parts: RuleParts, isSaid: (trait: string) => boolean): NodeSql | undefined {
  switch (node.kind) {
    case 'all':
    case 'any': {
      const children = node.children.map((child) => nodeSql(child, parts, isSaid));
      if (!children.every((child) => child !== undefined)) return undefined;
      const isAll = node.kind === 'all';
      return {
        test:
          children.length === 0
            ? String(Number(isAll))
            : `(${children.map(({ test }) => test).join(isAll ? ' and ' : ' or ')})`,
        ofNothing: together(
          children.map(({ ofNothing }) => ofNothing),
          isAll,
        ),
      };
    }
    case 'not': {
      const child = nodeSql(node.child, parts, isSaid);
      if (child === undefined) return undefined;
      return { test: `not (${child.test})`, ofNothing: child.ofNothing === undefined ? undefined : !child.ofNothing };
    }
    case 'everyone':
      return { test: '1', ofNothing: true };
    case 'trait':
      return node.steps.every(isSaid) ? traitSql(node, parts) : undefined;
    case 'event':
      return eventSql(node, parts);
    case 'aggregate':
      return aggregateSql(node, parts);
    case 'pick':
      return pickSql(node, parts);
    case 'sequence':
      return sequenceNode(node, parts);
    case 'bucket':
      return bucketSql(node, parts);
    case 'computed':
    case 'date':
    case 'anniversary':
    case 'held':
    case 'fact':
    case 'lifecycle':
      return undefined;
  }
}

/** One that decides is enough (a false one of `all`, a true one of `any`). */
function together(ofNothing: readonly NodeSql['ofNothing'][], isAll: boolean): NodeSql['ofNothing'] {
  if (ofNothing.includes(!isAll)) return !isAll;
  return ofNothing.includes(undefined) ? undefined : isAll;
}

type NodeOf<Kind extends CompiledNode['kind']> = Extract<CompiledNode, { kind: Kind }>;
type PlanOf<Kind extends LeafPlan['kind']> = Extract<LeafPlan, { kind: Kind }>;

function planOf<Kind extends LeafPlan['kind']>(
  parts: RuleParts,
  { leafKey }: { leafKey: string },
  kind: Kind,
): PlanOf<Kind> {
  const plan = parts.leaves.get(leafKey)?.plan;
  if (plan?.kind !== kind) throw new Error(`leaf ${leafKey} is no ${kind}`);
  return plan as PlanOf<Kind>;
}

/** The part of the past a window holds now, as SQL on a time; undefined: it depends on the customer's zone. */
function windowSql(window: Window, at: string, { row, now, nowMs }: RuleParts): string | undefined {
  switch (window.kind) {
    case 'ever':
      return `${at} <= ${now}`;
    case 'last':
      return `${at} <= ${now} and ${at} > ${row.bind(nowMs - window.ms, 'Int64')}`;
    case 'calendar': {
      if (window.zone.isCustomers) return undefined;
      const { fromMs, untilMs } = calendarSpan(window.period, window.zone.name, nowMs);
      return `${at} <= ${now} and ${at} >= ${row.bind(fromMs, 'Int64')} and ${at} < ${row.bind(untilMs, 'Int64')}`;
    }
  }
}

/** Nothing up to this instant lies in the window now. */
function afterOf(window: Window, { nowMs }: RuleParts): number {
  if (window.kind === 'ever') return Number.NEGATIVE_INFINITY;
  if (window.kind === 'last') return nowMs - window.ms;
  return calendarSpan(window.period, window.zone.name, nowMs).fromMs - 1;
}

/**
 * What of an event says that it is one of a source's in a window, and how to ask what else of it. Nothing is read that happened
 * up to `afterMs`. Where TypeScript always has to judge there is no answer.
 */
function heard(
  source: EventSource,
  parts: RuleParts,
  { within, afterMs }: { readonly within: string; readonly afterMs: number },
): { readonly is: string; readonly verdict: string } | undefined {
  if (source.at?.isCustomers === true || isNeverSure(source.filters)) return undefined;
  const is = `${rowCondition(source, parts.row)} and ${within}`;
  parts.source(source, afterMs);
  if (isWholeSource(source)) return { is, verdict: `(${is})` };
  const verdict = parts.said(`(${is}) * ${sourceVerdict(source, parts.row, is)}`);
  parts.unsure(`${verdict} = 2`);
  return { is, verdict: `${verdict} = 1` };
}

/** SQL has not the grammar of dates. */
function isNeverSure(filters: EventSource['filters']): boolean {
  return filters.some((filter) =>
    filter.op === 'some' ? isNeverSure(filter.where) : filter.op === 'before' || filter.op === 'after',
  );
}

function eventSql(node: NodeOf<'event'>, parts: RuleParts): NodeSql | undefined {
  const within = windowSql(node.window, 'occurred_ms', parts);
  if (within === undefined) return undefined;
  const { source } = planOf(parts, node, 'count');
  const is = heard(source, parts, { within, afterMs: afterOf(node.window, parts) });
  if (is === undefined) return undefined;
  const times = parts.total(`countIf(${is.verdict})`, 'sum(?)');
  return { test: countTest(times, node.count), ofNothing: node.holdsFor(0) };
}

function countTest(times: string, { atLeast, atMost, exactly, moreThan, lessThan }: EventCount): string {
  if (atLeast !== undefined) return `${times} >= ${atLeast}`;
  if (atMost !== undefined) return `${times} <= ${atMost}`;
  if (exactly !== undefined) return `${times} = ${exactly}`;
  if (moreThan !== undefined) return `${times} > ${moreThan}`;
  return `${times} < ${lessThan ?? 0}`;
}

function aggregateSql(node: NodeOf<'aggregate'>, parts: RuleParts): NodeSql | undefined {
  const plan = planOf(parts, node, 'aggregate');
  const within = windowSql(node.window, 'occurred_ms', parts);
  if (within === undefined) return undefined;
  const is = heard(plan.source, parts, { within, afterMs: afterOf(node.window, parts) });
  if (is === undefined) return undefined;
  const value = valueSql(plan, parts.row, is.is);
  const said = parts.said(value.said);
  const countable = value.countable === undefined ? undefined : parts.said(value.countable);
  if (countable !== undefined) parts.unsure(`${is.verdict} and ${countable} = 2`);
  const counts = countable === undefined ? is.verdict : `${is.verdict} and ${countable} = 1`;
  const ofNothing = node.holdsFor(node.function === 'sum' || node.function === 'distinct' ? 0 : undefined);
  const compare = (sql: string): string => numberTest(sql, node.condition, parts);
  const n = (): string => parts.total(`countIf(${counts})`, 'sum(?)');
  const sum = (): string => {
    const micro = parts.total(`sumIf(toInt128(${microSql(said)}), ${counts})`, 'sum(?)');
    // Of what fits 64 bits the nearest number is taken, as JavaScript takes it.
    return `if(abs(${micro}) < 9000000000000000000, toFloat64(toInt64(${micro})), toFloat64(${micro})) / 1e6`;
  };
  switch (node.function) {
    case 'sum':
      return { test: compare(sum()), ofNothing };
    case 'average':
      return { test: `(${n()} > 0 and ${compare(`(${sum()} / ${n()})`)})`, ofNothing };
    case 'min':
    case 'max': {
      // A node that has none must not stand for 0.
      const extreme = parts.total(`${node.function}OrNullIf(${said}, ${counts})`, `${node.function}(?)`);
      return { test: `ifNull(${compare(extreme)}, 0)`, ofNothing };
    }
    case 'distinct': {
      const texts = parts.total(
        `groupUniqArrayIf(${DISTINCT_MAX})(${said}, ${counts})`,
        `groupUniqArrayArray(${DISTINCT_MAX})(?)`,
      );
      return { test: compare(`length(${texts})`), ofNothing };
    }
  }
}

function numberTest(number: string, condition: NumberCondition, { row }: RuleParts): string {
  switch (condition.op) {
    case 'atLeast':
      return `${number} >= ${row.bindNumber(condition.value)}`;
    case 'atMost':
      return `${number} <= ${row.bindNumber(condition.value)}`;
    case 'moreThan':
      return `${number} > ${row.bindNumber(condition.value)}`;
    case 'lessThan':
      return `${number} < ${row.bindNumber(condition.value)}`;
    case 'equals':
      return `${number} = ${row.bindNumber(condition.value)}`;
    case 'between':
      return `(${number} >= ${row.bindNumber(condition.value[0])} and ${number} <= ${row.bindNumber(condition.value[1])})`;
  }
}

/** Time and answer as one number: the greatest (smallest) is the newest (oldest), and of one instant any that holds. */
function pickSql(node: NodeOf<'pick'>, parts: RuleParts): NodeSql | undefined {
  const plan = planOf(parts, node, 'pick');
  if (isNeverSure(plan.having)) return undefined;
  const come = `occurred_ms <= ${parts.now}`;
  const is = heard(plan.source, parts, { within: come, afterMs: Number.NEGATIVE_INFINITY });
  if (is === undefined) return undefined;
  const picked = pickedSql(plan, parts.row, is.is);
  const so = parts.said(picked.said);
  parts.unsure(`${is.verdict} and ${parts.said(picked.sure)} = 2`);
  const isLast = plan.which === 'last';
  const found = isLast
    ? parts.total(`maxOrNullIf(occurred_ms * 2 + ${so}, ${is.verdict})`, 'max(?)')
    : parts.total(`minOrNullIf(occurred_ms * 2 + 1 - ${so}, ${is.verdict})`, 'min(?)');
  const at = `bitShiftRight(${found}, 1)`;
  const { window, fromMs, untilMs } = node.period;
  const inWindow = windowSql(window, at, parts);
  if (inWindow === undefined) return undefined;
  const bounds = [
    ...(Number.isFinite(fromMs) ? [`${at} >= ${parts.row.bind(fromMs, 'Int64')}`] : []),
    ...(Number.isFinite(untilMs) ? [`${at} < ${parts.row.bind(untilMs, 'Int64')}`] : []),
  ];
  const isSo = `bitAnd(${found}, 1) = ${isLast ? 1 : 0}`;
  return { test: `ifNull(${[isSo, inWindow, ...bounds].join(' and ')}, 0)`, ofNothing: false };
}

function sequenceNode(node: NodeOf<'sequence'>, parts: RuleParts): NodeSql | undefined {
  const plan = planOf(parts, node, 'sequence');
  const start = windowSql(node.window, 'start', parts);
  const end = windowSql(node.window, 'occurred_ms', parts);
  if (start === undefined || end === undefined) return undefined;
  const sources = plan.steps.flatMap(({ source, without }) => (without === undefined ? [source] : [source, without]));
  if (sources.some((source) => source.at?.isCustomers === true || isNeverSure(source.filters))) return undefined;
  // What lies before the window begins no sequence in it.
  for (const source of sources) parts.source(source, afterOf(node.window, parts));
  const { said, verdict } = rolesSql(plan, parts.row);
  const roles = parts.said(said);
  parts.unsure(`${parts.said(verdict)} = 2`);
  const found = parts.total(`groupBitOrMapIf(map(occurred_ms, ${roles}), ${roles} > 0 and ${end})`, 'groupBitOrMap(?)');
  return { test: sequenceSql(found, node.withinMs), ofNothing: false };
}

/**
 * Of sayings at the same instant TypeScript takes the greatest text, whose order SQL has not: the greatest and the least hash
 * tell whether they differ.
 */
function traitSql({ steps, condition, test }: NodeOf<'trait'>, parts: RuleParts): NodeSql | undefined {
  if (condition.op === 'before' || condition.op === 'after') return undefined;
  const { row } = parts;
  const is = `type = 'identify'`;
  parts.source({ type: 'identify' });
  const top = steps[0] ?? '';
  const column = valueColumn(['traits', top], row, is);
  const raw = parts.said(column);
  parts.unsure(parts.said(unreadable(column, row)));
  const says = `${is} and ${raw} != '' and occurred_ms <= ${parts.now}`;
  const newest = (what: string): string => parts.total(`maxIf((occurred_ms, ${what}), ${says})`, 'max(?)');
  const said = `${newest(raw)}.2`;
  const greatest = newest(`cityHash64(${raw})`);
  const least = newest(`bitNot(cityHash64(${raw}))`);
  parts.unsureOf(`${said} != '' and ${greatest}.2 != bitNot(${least}.2)`);
  const deeper = steps.slice(1).map((step) => row.bind(step, 'String'));
  // A trait taken back was said as null.
  const value = deeper.length === 0 ? said : `JSONExtractRaw(${said}, ${deeper.join(', ')})`;
  const sql = conditionSql(condition, value, row);
  if (sql.unsure !== undefined) parts.unsureOf(sql.unsure);
  return { test: `(${sql.test})`, ofNothing: test(undefined) };
}

function bucketSql({ salt, from, below }: NodeOf<'bucket'>, { row }: RuleParts): NodeSql {
  const text = `concat(${row.bind(salt, 'String')}, char(0), toString(profile_id))`;
  const lot = `(reinterpretAsUInt64(reverse(substring(SHA256(${text}), 1, 8))) % 10000)`;
  return { test: `(${lot} >= ${row.bindNumber(from)} and ${lot} < ${row.bindNumber(below)})`, ofNothing: undefined };
}
