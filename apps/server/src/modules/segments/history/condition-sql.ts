import type { Scalar, ValueCondition } from '@segue/contract';

import { NUMBER_IN_TEXT } from '../../../platform/number-in-text.ts';
import { scalarSet } from '../condition.ts';
import { foldCase } from '../fold-case.ts';
import type { RowSql } from './row-sql.ts';

/** A condition as SQL. `unsure`: where it is true only TypeScript can tell, whatever `test` says. */
export interface ConditionSql {
  readonly test: string;
  readonly unsure?: string;
}

/** Only TypeScript can tell, always. */
const NEVER_SURE: ConditionSql = { test: '1', unsure: '1' };

/** What regular expressions both engines read alike beyond doubt; the rest is judged by TypeScript. */
const PLAIN_PATTERN = /^(?:[^\\(]|\\[dDwWsSbB]|\\[^\p{L}\p{N}]|\((?!\?)|\(\?:)*$/u;

/**
 * The SQL of a condition on a value. `value`: an SQL expression that holds it as JSON text, empty when absent.
 *
 * Undecided are `before` and `after`, whose date grammar SQL has not; text beyond ASCII compared without regard to case;
 * unusual regular expressions.
 */
export function conditionSql(condition: ValueCondition, value: string, row: RowSql): ConditionSql {
  const compare = (operator: string, limit: number): string =>
    `ifNull(${numberSql(value, row)} ${operator} ${row.bindNumber(limit)}, 0)`;
  switch (condition.op) {
    case 'equals':
      return equalsAnyOf([condition.value], { value, row, isFolded: condition.ignoreCase === true });
    case 'in':
      return equalsAnyOf(condition.value, { value, row, isFolded: condition.ignoreCase === true });
    case 'notEquals':
      return negated(equalsAnyOf([condition.value], { value, row, isFolded: condition.ignoreCase === true }));
    case 'notIn':
      return negated(equalsAnyOf(condition.value, { value, row, isFolded: condition.ignoreCase === true }));
    case 'includes': {
      const { test, unsure } = equalsAnyOf([condition.value], {
        value: 'x',
        row,
        isFolded: condition.ignoreCase === true,
      });
      const some = (sql: string): string => `arrayExists(x -> ${sql}, JSONExtractArrayRaw(${value}))`;
      return { test: some(test), ...(unsure === undefined ? {} : { unsure: some(unsure) }) };
    }
    case 'exists':
      return { test: `${value} not in ('', 'null')` };
    case 'missing':
      return { test: `${value} in ('', 'null')` };
    case 'contains':
    case 'notContains':
    case 'startsWith':
    case 'endsWith':
    case 'matches':
      return textTest(condition, value, row);
    case 'atLeast':
      return { test: compare('>=', condition.value) };
    case 'atMost':
      return { test: compare('<=', condition.value) };
    case 'moreThan':
      return { test: compare('>', condition.value) };
    case 'lessThan':
      return { test: compare('<', condition.value) };
    case 'between':
      return { test: `${compare('>=', condition.value[0])} and ${compare('<=', condition.value[1])}` };
    case 'before':
    case 'after':
      return NEVER_SURE;
  }
}

type TextCondition = Extract<
  ValueCondition,
  { op: 'contains' | 'notContains' | 'startsWith' | 'endsWith' | 'matches' }
>;

function textTest(condition: TextCondition, value: string, row: RowSql): ConditionSql {
  const isFolded = condition.ignoreCase === true;
  const said = `JSONExtractString(${value})`;
  const unsure = isFolded ? { unsure: notAscii(value) } : {};
  if (condition.op === 'matches') {
    if (!PLAIN_PATTERN.test(condition.value)) return { test: '0', unsure: isText(value) };
    const pattern = row.bind(isFolded ? `(?i)${condition.value}` : condition.value, 'String');
    return { test: `${isText(value)} and match(${said}, ${pattern})`, ...unsure };
  }
  const text = isFolded ? `lower(${said})` : said;
  const wanted = row.bind(isFolded ? foldCase(condition.value) : condition.value, 'String');
  switch (condition.op) {
    case 'contains':
      return { test: `${isText(value)} and position(${text}, ${wanted}) > 0`, ...unsure };
    case 'notContains':
      return { test: `not (${isText(value)} and position(${text}, ${wanted}) > 0)`, ...unsure };
    case 'startsWith':
    case 'endsWith':
      return { test: `${isText(value)} and ${condition.op}(${text}, ${wanted})`, ...unsure };
  }
}

/** `lower` knows only the letters of ASCII. */
function notAscii(value: string): string {
  return `${isText(value)} and length(JSONExtractString(${value})) != lengthUTF8(JSONExtractString(${value}))`;
}

function negated({ test, unsure }: ConditionSql): ConditionSql {
  return { test: `not (${test})`, ...(unsure === undefined ? {} : { unsure }) };
}

/** The value is JSON text as ClickHouse writes it, so that equal texts are equal as they lie there, without being parsed. */
function equalsAnyOf(
  values: readonly Scalar[],
  { value, row, isFolded }: { readonly value: string; readonly row: RowSql; readonly isFolded: boolean },
): ConditionSql {
  const set = scalarSet(values);
  const cases: string[] = [];
  if (set.texts.length > 0) {
    const wanted = row.bind(isFolded ? set.texts.map(foldCase) : set.texts, 'Array(String)');
    cases.push(
      isFolded
        ? `(${isText(value)} and has(${wanted}, lower(JSONExtractString(${value}))))`
        : `has(arrayMap(t -> toJSONString(t), ${wanted}), ${value})`,
    );
  }
  if (set.numbers.length > 0) cases.push(`has(${row.bindNumbers(set.numbers)}, ifNull(${numberSql(value, row)}, nan))`);
  // A number that the rule wrote as text equals a number, while text compares with it as text.
  if (set.textNumbers.length > 0) {
    cases.push(`has(${row.bindNumbers(set.textNumbers)}, ifNull(toFloat64OrNull(${value}), nan))`);
  }
  for (const is of new Set(set.booleans)) cases.push(`${value} = '${is}'`);
  const test = `(${cases.join(' or ')})`;
  return isFolded && set.texts.length > 0 ? { test, unsure: notAscii(value) } : { test };
}

function isText(value: string): string {
  return `startsWith(${value}, '"')`;
}

const QUOTED_NUMBER = NUMBER_IN_TEXT.replace('^', '^"').replace('$', '"$').replaceAll('\\', '\\\\');

/** The number a value is, also when written as text; null: it is none. */
export function numberSql(value: string, row: RowSql): string {
  const digits = `if(match(${value}, '${QUOTED_NUMBER}'), substring(${value}, 2, length(${value}) - 2), '')`;
  return row.derived(`toFloat64OrNull(if(${isText(value)}, ${digits}, ${value}))`, value);
}
