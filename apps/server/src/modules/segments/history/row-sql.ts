/** Parameters and columns of a query under construction: what is asked twice is sent and computed once. */
export interface RowSql {
  readonly params: Readonly<Record<string, unknown>>;
  /** The SQL of a parameter with this value. */
  bind(value: unknown, type: string): string;
  /** Clients differ in how they write a float; as text it arrives as JavaScript wrote it, and one parser reads it. */
  bindNumber(value: number): string;
  bindNumbers(values: readonly number[]): string;
  /**
   * The name of a column of the innermost select; `otherwise` stands in it where none of those hold who ask it only `when`
   * something does. What several ask of the payload is read once.
   */
  column(sql: string, ask?: { readonly when: string; readonly otherwise: string }): string;
  /** The name of a truth of the same select: whether such a column is read at all of a row. */
  isRead(column: string): string;
  /**
   * The name of what is made of such a column, for the select around it; inside of lambdas, where there are no columns, the
   * SQL itself. Costly functions stand in columns of their own: deep in conditionals they were computed anew at each place
   * and for every row, which made a rule of five leaves six times as slow.
   */
  derived(sql: string, of: string): string;
  /** The columns so far, to follow others in a select. */
  columns(): string;
  derivedColumns(): string;
}

export function createRowSql(): RowSql {
  const params: Record<string, unknown> = {};
  const names = new Map<string, string>();
  const columns = new Map<string, Column>();
  const derived = new Map<string, string>();
  const bind = (value: unknown, type: string): string => {
    const key = `${type} ${JSON.stringify(value)}`;
    const name = names.get(key) ?? `p${names.size}`;
    names.set(key, name);
    params[name] = value;
    return `{${name}:${type}}`;
  };
  return {
    params,
    bind,
    bindNumber: (value) => `toFloat64(${bind(String(value), 'String')})`,
    bindNumbers: (values) => `arrayMap(n -> toFloat64(n), ${bind(values.map(String), 'Array(String)')})`,
    column(sql, ask) {
      const known = columns.get(sql);
      const column = known ?? { name: `c${columns.size}`, whens: new Set(), otherwise: ask?.otherwise ?? '' };
      column.whens.add(ask?.when ?? '1');
      columns.set(sql, column);
      return column.name;
    },
    isRead: (column) => `r_${column}`,
    derived(sql, of) {
      if (!/^c\d+$/.test(of)) return sql;
      const name = derived.get(sql) ?? `d${derived.size}`;
      derived.set(sql, name);
      return name;
    },
    derivedColumns: () => [...derived].map(([sql, name]) => `, ${sql} as ${name}`).join(''),
    columns: () => [...columns].map(([sql, column]) => columnSql(sql, column)).join(''),
  };
}

interface Column {
  readonly name: string;
  readonly whens: Set<string>;
  readonly otherwise: string;
}

/** What the engine finds to be never true it takes for a constant at one place and not at another, and stumbles over that. */
function columnSql(sql: string, { name, whens, otherwise }: Column): string {
  if (whens.has('1')) return `, materialize(1) as r_${name}, ${sql} as ${name}`;
  const isRead = [...whens].map((when) => `(${when})`).join(' or ');
  return `, materialize(${isRead}) as r_${name}, if(r_${name}, ${sql}, ${otherwise}) as ${name}`;
}
