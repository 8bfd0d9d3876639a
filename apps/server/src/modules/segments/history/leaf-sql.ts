import { QUARTER_MS } from '../calendar.ts';
import type { EventSource, LeafPlan } from '../leaf-plan.ts';
import { conditionSql, numberSql } from './condition-sql.ts';
import type { RowSql } from './row-sql.ts';
import {
  allVerdicts,
  inProperties,
  filterSql,
  rowCondition,
  sourceVerdict,
  unreadable,
  valueColumn,
  verdictOf,
} from './source-sql.ts';

/** Values count up to this (leaves/tally.ts), texts up to so many bytes. */
const VALUE_MAX = 1_000_000_000_000;
const TEXT_BYTES_MAX = 1_000;
/** As many different values of one instant are compared in TypeScript, whose order of texts is another. */
const SAME_INSTANT_MAX = 1_000;
const DISTINCT_MAX = 1_024;
const SAYINGS_MAX = 256;
const RUNS_MAX = 64;

/** What a query for a leaf's states selects and how it puts that together. `samples` and `put` are columns of its rows. */
export interface LeafSql {
  /** Which rows are read at all. */
  readonly where: string;
  /** Of a row: 1 counts, 0 does not, 2 undecided. */
  readonly verdict: string;
  /** What it says, where it counts. */
  readonly said: string;
  /** Put together in two steps: what makes a group within a node, what of each group, what of all. */
  readonly groups?: { readonly by: string; readonly each: string };
  readonly samples: string;
  readonly put?: string;
}

/** The parts of the query of a leaf's states; `foundState` reads what comes of it. */
export function leafSql(plan: LeafPlan, row: RowSql, nowMs: number): LeafSql {
  const now = row.bind(nowMs, 'Int64');
  switch (plan.kind) {
    case 'count':
      return countSql(plan, row, now);
    case 'aggregate':
      return aggregateSql(plan, row, now);
    case 'pick':
      return pickSql(plan, row, now);
    case 'sequence':
      return {
        where: plan.steps
          .flatMap(({ source, without }) => (without === undefined ? [source] : [source, without]))
          .map((source) => `(${rowCondition(source, row)})`)
          .join(' or '),
        ...rolesSql(plan, row),
        groups: { by: 'occurred_ms', each: 'occurred_ms as at_ms, groupBitOrIf(said, verdict = 1) as roles' },
        samples: 'arrayReverseSort(groupArrayIf((at_ms, roles), roles > 0))',
      };
    case 'held':
      return heldSql(plan, row, now);
  }
}

function sourceSql(source: EventSource, row: RowSql): Pick<LeafSql, 'where' | 'verdict'> {
  return { where: rowCondition(source, row), verdict: sourceVerdict(source, row) };
}

function countSql({ source, keep }: Extract<LeafPlan, { kind: 'count' }>, row: RowSql, now: string): LeafSql {
  const { where, verdict } = sourceSql(source, row);
  const ahead = `groupArrayIf(occurred_ms, verdict = 1 and occurred_ms > ${now})`;
  const newest = (most: number): string =>
    `arrayMap(t -> -t, groupArraySortedIf(${most})(-occurred_ms, verdict = 1 and occurred_ms <= ${now}))`;
  if ('newest' in keep) {
    return { where, verdict, said: '0', samples: `arrayConcat(arrayReverseSort(${ahead}), ${newest(keep.newest)})` };
  }
  return {
    where: `${where} and occurred_ms > ${now} - ${row.bind(keep.spanMs, 'Int64')}`,
    verdict,
    said: '0',
    groups: {
      by: `floor(occurred_ms / ${QUARTER_MS})`,
      each: `arrayConcat(${ahead}, ${newest(keep.perQuarter)}) as times`,
    },
    samples: 'arrayReverseSort(groupArrayArray(times))',
  };
}

function aggregateSql(plan: Extract<LeafPlan, { kind: 'aggregate' }>, row: RowSql, now: string): LeafSql {
  const { source, windowMs } = plan;
  const { where, verdict } = sourceSql(source, row);
  const { said, countable } = valueSql(plan, row);
  const counted = { said, verdict: countable === undefined ? verdict : allVerdicts([verdict, countable]) };
  if (Number.isFinite(windowMs)) {
    return {
      where: `${where} and occurred_ms > ${now} - ${row.bind(windowMs, 'Int64')}`,
      ...counted,
      samples: 'groupArrayIf((occurred_ms, said), verdict = 1)',
    };
  }
  const ahead = `groupArrayIf((occurred_ms, said), verdict = 1 and occurred_ms > ${now})`;
  const come = `verdict = 1 and occurred_ms <= ${now}`;
  switch (plan.function) {
    case 'distinct':
      return {
        where,
        ...counted,
        samples: ahead,
        put: `arrayMap(t -> (t, 1), groupUniqArrayIf(${DISTINCT_MAX})(said, ${come}))`,
      };
    case 'mostFrequent':
      return {
        where,
        ...counted,
        groups: { by: 'said', each: `said as text, ${ahead} as samples_ahead, countIf(${come}) as n` },
        samples: 'groupArrayArray(samples_ahead)',
        put: `arrayMap(t -> (t.2, -t.1), groupArraySortedIf(${DISTINCT_MAX})((-toInt64(n), text), n > 0))`,
      };
    default:
      return {
        where,
        ...counted,
        samples: ahead,
        // In text: what the least of nothing is, JSON cannot say.
        put: `[(countIf(${come}), toString(sumIf(toInt128(${microSql('said')}), ${come})), toString(minIf(said, ${come})), toString(maxIf(said, ${come})))]`,
      };
  }
}

/**
 * A number in whole micro-units, by the formula of leaves/tally.ts. Sums work it out of every row before they look at its verdict:
 * what is too large to count is nothing here, or the conversion would stop the query.
 */
export function microSql(number: string): string {
  return `toInt64(floor(if(abs(${number}) <= ${VALUE_MAX}, ${number}, 0) * 1e6 + 0.5))`;
}

/** What a property's value counts as, and whether it does: as `countable` in leaves/tally.ts says. */
export function valueSql(
  plan: Extract<LeafPlan, { kind: 'aggregate' }>,
  row: RowSql,
  when?: string,
): { readonly said: string; readonly countable?: string } {
  if (plan.function === 'count' || plan.property === undefined) return { said: '0' };
  const value = valueColumn(inProperties(plan.property), row, when);
  if (plan.function === 'distinct' || plan.function === 'mostFrequent') {
    return {
      said: value,
      countable: verdictOf(
        value,
        {
          test: `${value} not in ('', 'null') and not startsWith(${value}, '[') and not startsWith(${value}, '{') and length(${value}) <= ${TEXT_BYTES_MAX}`,
          // Only these two separators are longer here than in JavaScript.
          unsure: `length(${value}) > ${TEXT_BYTES_MAX} and position(${value}, '\\\\u202') > 0`,
        },
        row,
      ),
    };
  }
  const number = numberSql(value, row);
  return {
    said: `ifNull(${number}, 0)`,
    countable: verdictOf(value, { test: `ifNull(abs(${number}) <= ${VALUE_MAX}, 0)` }, row),
  };
}

function pickSql(plan: Extract<LeafPlan, { kind: 'pick' }>, row: RowSql, now: string): LeafSql {
  const { where, verdict } = sourceSql(plan.source, row);
  const { said, sure } = pickedSql(plan, row);
  const isAt = (at: string, condition: string): string =>
    `arrayMap(s -> (${at}If(occurred_ms, ${condition}), s), groupUniqArray${at === 'max' ? 'ArgMax' : 'ArgMin'}If(${SAME_INSTANT_MAX})(said, occurred_ms, ${condition}))`;
  return {
    where,
    verdict: allVerdicts([verdict, sure]),
    said,
    samples:
      plan.which === 'first'
        ? isAt('min', 'verdict = 1')
        : `arrayConcat(groupArrayIf((occurred_ms, said), verdict = 1 and occurred_ms > ${now}), ${isAt('max', `verdict = 1 and occurred_ms <= ${now}`)})`,
  };
}

/** What the picked event says, and where SQL knows it (1, else 2). */
export function pickedSql(
  plan: Extract<LeafPlan, { kind: 'pick' }>,
  row: RowSql,
  when?: string,
): { readonly said: string; readonly sure: string } {
  if (plan.property !== undefined) {
    const value = valueColumn(inProperties(plan.property), row, when);
    return { said: value, sure: `if(${unreadable(value, row)}, 2, 1)` };
  }
  const verdicts = plan.having.map((filter) => {
    const value = valueColumn(inProperties(filter.property), row, when);
    return verdictOf(value, filterSql(filter, value, row), row);
  });
  const so = allVerdicts(verdicts);
  return { said: `toUInt8((${so}) = 1)`, sure: `if((${so}) = 2, 2, 1)` };
}

/** Bit i for step i, bit (steps + i) for what must not come before it. */
export function rolesSql(
  { steps }: Extract<LeafPlan, { kind: 'sequence' }>,
  row: RowSql,
): Pick<LeafSql, 'said' | 'verdict'> {
  const roles = [
    ...steps.map(({ source }, step) => ({ source, bit: 2 ** step })),
    ...steps.flatMap(({ without }, step) =>
      without === undefined ? [] : [{ source: without, bit: 2 ** (steps.length + step) }],
    ),
  ].map(({ source, bit }) => {
    const is = rowCondition(source, row);
    return { bit, verdict: `(${is}) * ${sourceVerdict(source, row, is)}` };
  });
  return {
    said: `toUInt64(${roles.map(({ bit, verdict }) => `if(${verdict} = 1, ${bit}, 0)`).join(' + ')})`,
    verdict: `multiIf(${roles.map(({ verdict }) => `${verdict} = 2`).join(' or ')}, 2, ${roles.map(({ verdict }) => `${verdict} = 1`).join(' or ')}, 1, 0)`,
  };
}

/**
 * All sayings that have yet to come, the newest of the others, and of what is older only where a run of equal answers begins:
 * the start of the run that reaches the newest is among them. Sayings of one instant stay together.
 */
function heldSql({ trait, value }: Extract<LeafPlan, { kind: 'held' }>, row: RowSql, now: string): LeafSql {
  const raw = valueColumn(['traits', ...trait], row);
  const top = row.bind(trait[0] ?? '', 'String');
  const { test } = conditionSql({ op: 'equals', value }, raw, row);
  const isStart = `i = length(old) or length(old[i].2) > 1 or length(old[i + 1].2) > 1 or old[i].2[1] != old[i + 1].2[1]`;
  return {
    where: `type = 'identify'`,
    verdict: `multiIf(${unreadable(raw, row)}, 2, JSONHas(payload, 'traits', ${top}), 1, 0)`,
    said: `(toUInt8(${test}), ${raw})`,
    groups: {
      by: 'occurred_ms',
      each: 'occurred_ms as at_ms, groupUniqArrayIf(said.1, verdict = 1) as answers, groupUniqArrayIf(said, verdict = 1) as sayings',
    },
    samples: `arrayFlatten(arrayMap(one -> arrayMap(s -> (one.1, s.1, s.2), one.3), arrayConcat(
      groupArrayIf((at_ms, answers, sayings), at_ms > ${now} and notEmpty(sayings)),
      arraySlice(arrayReverseSort(o -> o.1, groupArrayIf((at_ms, answers, sayings), at_ms <= ${now} and notEmpty(sayings)) as come), 1, ${SAYINGS_MAX}),
      arraySlice(arrayMap(i -> old[i], arrayFilter(i -> ${isStart}, arrayEnumerate(arraySlice(arrayReverseSort(o -> o.1, come), ${SAYINGS_MAX + 1}) as old))), 1, ${RUNS_MAX}))))`,
  };
}
