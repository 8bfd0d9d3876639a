export interface SqlScan {
  /** Where each `;` outside of quotes and comments stands. */
  readonly semicolons: readonly number[];
  /** Names of the `{name: Type}` parameters, in order of appearance. */
  readonly params: readonly string[];
}

// One alternative per thing whose content is not SQL; then what we look for.
const token =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|--[^\n]*|\/\*[\s\S]*?\*\/|;|\{\s*(\w+)\s*:[^{}]*\}/g;

/** Finds statement ends and parameters, blind to quoted text and comments. */
export function scanSql(sql: string): SqlScan {
  const semicolons: number[] = [];
  const params: string[] = [];
  for (const match of sql.matchAll(token)) {
    if (match[0] === ';') semicolons.push(match.index);
    else if (match[1] !== undefined) params.push(match[1]);
  }
  return { semicolons, params };
}

/** ClickHouse takes one statement a request. */
export function splitStatements(sql: string): string[] {
  const ends = [...scanSql(sql).semicolons, sql.length];
  return ends
    .map((end, index) => sql.slice(index === 0 ? 0 : (ends[index - 1] ?? 0) + 1, end).trim())
    .filter((statement) => !isBlank(statement));
}

const isBlank = (statement: string) => statement.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, '').trim() === '';
