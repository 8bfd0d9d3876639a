import type { RawInsertFormat } from 'chdb';
// Not the face: the child must not load the client.
import { scanSql } from '../clickhouse/split-statements.ts';

/** Rows that go to the engine as bytes, without a detour over a JavaScript string. */
export interface RawInsert {
  readonly table: string;
  readonly columns: readonly string[] | undefined;
  readonly format: RawInsertFormat;
  readonly rows: Buffer;
}

/** One request of ClickHouse's HTTP interface. */
export interface ChdbRequest {
  readonly sql: string;
  readonly insert: RawInsert | undefined;
  readonly kind: 'insert' | 'interactive' | 'background';
  readonly database: string | undefined;
  readonly settings: ReadonlyMap<string, string>;
  /** Values of `{name: Type}`, still escaped as the URL carried them: the engine unescapes. */
  readonly params: ReadonlyMap<string, string>;
  readonly format: string;
  readonly queryId: string;
  readonly timeoutMs: number;
}

/** A request the engine never sees, with ClickHouse's own code for it. */
export class ChdbRefusal extends Error {
  readonly code: number;
  readonly status: number;

  constructor(refusal: { code: number; name: string; status: number; message: string }) {
    super(`Code: ${refusal.code}. DB::Exception: ${refusal.message}. (${refusal.name})`);
    this.code = refusal.code;
    this.status = refusal.status;
  }
}

/** Parameters of the HTTP interface itself; every other one is a setting. */
const notSettings = new Set([
  ...[
    'query',
    'database',
    'default_format',
    'query_id',
    'user',
    'password',
    'role',
    'quota_key',
    'compress',
    'decompress',
  ],
  ...['wait_end_of_query', 'buffer_size', 'stacktrace', 'client_protocol_version', 'close_session', 'session_timeout'],
  // The engine's own query ids cannot be chosen, so a query is told by its comment when it has to be stopped.
  'log_comment',
]);
const rawFormats = new Set<RawInsertFormat>([
  ...(['JSONEachRow', 'JSONCompactEachRow', 'CSV', 'CSVWithNames', 'TSV'] as const),
  ...(['TabSeparated', 'TSVWithNames', 'TabSeparatedWithNames'] as const),
]);
const rawInsertPattern =
  /^\s*insert\s+into\s+(?:table\s+)?([\w.`"]+)\s*(?:\(([\w\s,`"]*)\))?\s*format\s+(\w+)\s*;?\s*$/i;
const withInlineData = /^\s*insert\s[\s\S]*?\b(format|values)\b/i;
const backgroundPriorityMin = 2;
const defaultTimeoutMs = 600_000;

/** Reads a request; throws a `ChdbRefusal` for what ClickHouse would refuse before running it. */
export function parseChdbRequest(url: URLSearchParams, body: Buffer, queryId: string): ChdbRequest {
  const query = url.get('query') ?? '';
  const insert = parseRawInsert(query, body);
  const sql = insert ? query : [query, body.toString('utf8')].filter(Boolean).join('\n');
  if (sql.trim() === '') throw syntaxError('Empty query');
  if (url.has('session_id')) throw notImplemented('The embedded engine keeps no HTTP sessions');
  const settings = new Map([...url].filter(([name]) => !notSettings.has(name) && !name.startsWith('param_')));
  const params = new Map([...url].filter(([name]) => name.startsWith('param_')));
  if (!insert && !withInlineData.test(sql)) checkStatement(sql, params);
  const seconds = Number(settings.get('max_execution_time') ?? 0);
  return {
    sql,
    insert,
    kind: kindOf(sql, settings),
    database: url.get('database') ?? undefined,
    settings,
    params,
    format: url.get('default_format') ?? 'TabSeparated',
    queryId,
    timeoutMs: seconds > 0 ? seconds * 1_000 : defaultTimeoutMs,
  };
}

function parseRawInsert(query: string, body: Buffer): RawInsert | undefined {
  const match = rawInsertPattern.exec(query);
  const format = match?.[3] as RawInsertFormat | undefined;
  if (!match?.[1] || !format || !rawFormats.has(format)) return undefined;
  return { table: unquote(match[1]), columns: match[2]?.split(',').map(unquote), format, rows: body };
}

const unquote = (name: string) => name.replace(/[`"\s]/g, '');

function kindOf(sql: string, settings: ReadonlyMap<string, string>): ChdbRequest['kind'] {
  if (withInlineData.test(sql)) return 'insert';
  return Number(settings.get('priority') ?? 1) >= backgroundPriorityMin ? 'background' : 'interactive';
}

/** The engine would run several statements, and would find a parameter that an earlier request left: ClickHouse does neither. */
function checkStatement(sql: string, params: ReadonlyMap<string, string>): void {
  const { semicolons, params: used } = scanSql(sql);
  const [end] = semicolons;
  if (end !== undefined && hasStatement(sql.slice(end))) {
    throw syntaxError('Multi-statements are not allowed');
  }
  const missing = used.find((name) => !params.has(`param_${name}`));
  if (missing === undefined) return;
  throw new ChdbRefusal({
    ...{ code: 456, name: 'UNKNOWN_QUERY_PARAMETER', status: 400 },
    message: `Substitution \`${missing}\` is not set`,
  });
}

const hasStatement = (rest: string) => rest.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|;/g, '').trim() !== '';

const syntaxError = (message: string) => new ChdbRefusal({ code: 62, name: 'SYNTAX_ERROR', status: 400, message });
const notImplemented = (message: string) =>
  new ChdbRefusal({ code: 48, name: 'NOT_IMPLEMENTED', status: 501, message });
