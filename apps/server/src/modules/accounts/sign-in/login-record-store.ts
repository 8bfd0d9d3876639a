import { AsyncLocalStorage } from 'node:async_hooks';
import type { Postgres, Sql } from '../../../platform/postgres/index.ts';

/** The tables the sign-in library reads and writes; no other name reaches SQL. */
const TABLES = ['login', 'login_session', 'login_credential', 'login_proof', 'login_totp'];
const COLUMN = /^[a-z][a-z_]*$/;

const OPERATORS: Readonly<Record<string, string>> = { ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' };

/** One condition as the library writes it; `connector` says how it joins the others. */
export interface RecordCondition {
  readonly field: string;
  readonly value: unknown;
  readonly operator: string | undefined;
  readonly connector: string | undefined;
}

export type LoginRecord = Record<string, unknown>;

/** Rows of the login tables, by name of table and field. Fields are camelCase, columns snake_case. */
export interface LoginRecords {
  insert(table: string, fields: LoginRecord): Promise<LoginRecord>;
  select(
    table: string,
    asked: {
      where: readonly RecordCondition[];
      limit: number;
      offset?: number | undefined;
      sortBy?: { field: string; direction: 'asc' | 'desc' } | undefined;
    },
  ): Promise<LoginRecord[]>;
  /** `increment` adds to a field, in the same statement. */
  update(
    table: string,
    change: { where: readonly RecordCondition[]; set: LoginRecord; increment?: Readonly<Record<string, number>> },
  ): Promise<LoginRecord[]>;
  remove(table: string, where: readonly RecordCondition[]): Promise<LoginRecord[]>;
  count(table: string, where: readonly RecordCondition[]): Promise<number>;
  /** What happens inside, even deep inside the library, is one transaction. */
  inTransaction<T>(work: () => Promise<T>): Promise<T>;
}

/** A login belongs to no workspace: `member` says where it may work. */
export function createLoginRecords(postgres: Postgres): LoginRecords {
  const open = new AsyncLocalStorage<Sql>();
  const run = async (text: string, values: unknown[]): Promise<LoginRecord[]> => {
    const { rows } = await (open.getStore() ?? postgres).query<LoginRecord>({ text, values });
    return rows.map(toFields);
  };
  return {
    async insert(table, fields) {
      const names = Object.keys(fields);
      const values = names.map((name) => fields[name]);
      const columns = names.map(toColumn).join(', ');
      const marks = values.map((_, i) => `$${i + 1}`).join(', ');
      const [row] = await run(`insert into ${tableName(table)} (${columns}) values (${marks}) returning *`, values);
      return row!;
    },
    async select(table, { where, limit, offset = 0, sortBy }) {
      const values: unknown[] = [];
      const order =
        sortBy === undefined ? '' : `order by ${toColumn(sortBy.field)} ${sortBy.direction === 'asc' ? 'asc' : 'desc'}`;
      const text = `select * from ${tableName(table)} ${whereText(where, values)} ${order}`;
      return run(`${text} limit ${mark(values, limit)} offset ${mark(values, offset)}`, values);
    },
    async update(table, { where, set, increment = {} }) {
      const values: unknown[] = [];
      const assignments = [
        ...Object.entries(set).map(([field, value]) => `${toColumn(field)} = ${mark(values, value)}`),
        ...Object.entries(increment).map(([f, by]) => `${toColumn(f)} = ${toColumn(f)} + ${mark(values, by)}`),
      ];
      const text = `update ${tableName(table)} set ${assignments.join(', ')}`;
      return run(`${text} ${whereText(where, values)} returning *`, values);
    },
    async remove(table, where) {
      const values: unknown[] = [];
      // every workspace: a login belongs to none.
      return run(`delete from ${tableName(table)} ${whereText(where, values)} returning *`, values);
    },
    async count(table, where) {
      const values: unknown[] = [];
      const [row] = await run(`select count(*) as n from ${tableName(table)} ${whereText(where, values)}`, values);
      return Number(row!['n']);
    },
    inTransaction: (work) =>
      open.getStore() === undefined ? postgres.transaction((sql) => open.run(sql, work)) : work(),
  };
}

function tableName(table: string): string {
  if (!TABLES.includes(table)) throw new Error(`the sign-in library asked for table "${table}"`);
  return table;
}

function toColumn(field: string): string {
  const column = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (!COLUMN.test(column)) throw new Error(`the sign-in library asked for field "${field}"`);
  return column;
}

function toFields(row: LoginRecord): LoginRecord {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

function mark(values: unknown[], value: unknown): string {
  return `$${values.push(value)}`;
}

/** Conditions joined by `or` stand together as one of those joined by `and`. */
function whereText(where: readonly RecordCondition[], values: unknown[]): string {
  const text = (connector: string) =>
    where
      .filter((condition) => (condition.connector ?? 'AND') === connector)
      .map((condition) => conditionText(condition, values));
  const [all, any] = [text('AND'), text('OR')];
  if (all.length + any.length !== where.length)
    throw new Error('the sign-in library joined conditions in an unknown way');
  const parts = any.length === 0 ? all : [...all, `(${any.join(' or ')})`];
  return parts.length === 0 ? '' : `where ${parts.join(' and ')}`;
}

function conditionText({ field, value, operator = 'eq' }: RecordCondition, values: unknown[]): string {
  const column = toColumn(field);
  if (value === null && (operator === 'eq' || operator === 'ne'))
    return `${column} is ${operator === 'ne' ? 'not ' : ''}null`;
  if (operator === 'eq') return `${column} = ${mark(values, value)}`;
  if (operator === 'in') return `${column} = any(${mark(values, value)})`;
  const symbol = OPERATORS[operator];
  if (symbol === undefined) throw new Error(`the sign-in library asked for operator "${operator}"`);
  return `${column} ${symbol} ${mark(values, value)}`;
}
