import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client';
import type { History, HistoryInsert, HistoryQuery } from './history.ts';
import { historyErrorCode, isRetryableHistoryError, neverArrived } from './history-error.ts';

export interface HistoryOptions {
  /** `http://user:password@host:8123`; credentials in the URL count when none are given beside it. */
  readonly url: string;
  readonly database: string;
  readonly username?: string;
  readonly password?: string;
}

const interactiveTimeoutMs = 30_000;
const backgroundTimeoutMs = 600_000;
const insertTimeoutMs = 120_000;
const commandTimeoutMs = 120_000;
/** The engine stops by itself first and says why; the connection is only cut when it does not. */
const graceMs = 2_000;
const retryDelaysMs = [50, 200, 500, 1_000, 2_000];
const unknownDatabase = 81;

/**
 * Settings of every request. `wait_end_of_query`: an error arrives as a status, never in the middle of a result.
 * `cancel_http_readonly_queries_on_client_close`: a read nobody waits for any more stops.
 */
const everyRequest: ClickHouseSettings = {
  wait_end_of_query: 1,
  date_time_input_format: 'best_effort',
};
const everyRead: ClickHouseSettings = {
  ...everyRequest,
  output_format_json_quote_64bit_integers: 0,
  cancel_http_readonly_queries_on_client_close: 1,
};

/** Opens the history over HTTP; connects on the first request. */
export function openHistory(options: HistoryOptions): History {
  const client = connect(options, options.database);
  return {
    insert: (insert) => withRetries(() => sendInsert(client, insert), isRetryableHistoryError),
    query: (query) => withRetries(() => sendQuery(client, query), isRetryableHistoryError),
    stream: (query) => streamQuery(client, query),
    command: async (sql) => {
      try {
        await withRetries(() => sendCommand(client, sql), neverArrived);
      } catch (error) {
        if (historyErrorCode(error) !== unknownDatabase) throw error;
        await createDatabase(options);
        await sendCommand(client, sql);
      }
    },
    ping: async () => (await client.ping()).success,
    close: () => client.close(),
  };
}

function connect(options: HistoryOptions, database: string): ClickHouseClient {
  const url = new URL(options.url);
  const username = options.username ?? (decodeURIComponent(url.username) || 'default');
  const password = options.password ?? decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  // A path names the database, and the client would send it on as one.
  url.pathname = '/';
  return createClient({
    url,
    username,
    password,
    database,
    application: 'segue',
    max_open_connections: 16,
    // Upper bound for the whole client; each request has its own, shorter, limit.
    request_timeout: backgroundTimeoutMs + 2 * graceMs,
    keep_alive: { enabled: true, idle_socket_ttl: 2_000 },
    log: { level: ClickHouseLogLevel.OFF },
  });
}

async function createDatabase(options: HistoryOptions): Promise<void> {
  const client = connect(options, 'default');
  try {
    await sendCommand(client, `create database if not exists \`${options.database.replaceAll('`', '')}\``);
  } finally {
    await client.close();
  }
}

async function sendInsert(client: ClickHouseClient, insert: HistoryInsert): Promise<void> {
  const columns = insert.columns.map((column) => `\`${column}\``).join(', ');
  // `exec`, not `insert`: that one wants to encode every row itself.
  const { stream } = await client.exec({
    query: `insert into ${insert.table} (${columns}) format JSONCompactEachRow`,
    values: Readable.from([Buffer.from(insert.body)], { objectMode: false }),
    clickhouse_settings: {
      ...everyRequest,
      async_insert: 0,
      insert_deduplicate: 1,
      insert_deduplication_token: insert.deduplicationToken,
      input_format_json_read_objects_as_strings: 1,
      max_execution_time: insertTimeoutMs / 1_000,
    },
    abort_signal: AbortSignal.timeout(insertTimeoutMs + graceMs),
  });
  // Empty, but the connection is free for the next request only when it was read.
  for await (const _ of stream);
}

async function sendQuery<Row>(client: ClickHouseClient, query: HistoryQuery): Promise<Row[]> {
  const result = await ask(client, query);
  const text = await result.text();
  return text.length === 0 ? [] : (JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as Row[]);
}

async function* streamQuery<Row>(client: ClickHouseClient, query: HistoryQuery): AsyncIterable<Row[]> {
  const result = await withRetries(() => ask(client, query), isRetryableHistoryError);
  for await (const rows of result.stream<Row>()) yield rows.map((row) => row.json<Row>());
}

function ask(client: ClickHouseClient, query: HistoryQuery) {
  const isBackground = query.priority === 'background';
  const timeoutMs = query.timeoutMs ?? (isBackground ? backgroundTimeoutMs : interactiveTimeoutMs);
  return client.query({
    query: query.sql,
    format: 'JSONEachRow',
    ...(query.params && { query_params: query.params }),
    clickhouse_settings: {
      ...everyRead,
      // Among queries that run at once the engine holds back those with the larger number.
      priority: isBackground ? '10' : '1',
      max_execution_time: Math.max(1, Math.ceil(timeoutMs / 1_000)),
    },
    abort_signal: AbortSignal.timeout(timeoutMs + graceMs),
  });
}

async function sendCommand(client: ClickHouseClient, sql: string): Promise<void> {
  await client.command({
    query: sql,
    clickhouse_settings: { ...everyRequest, max_execution_time: commandTimeoutMs / 1_000 },
    abort_signal: AbortSignal.timeout(commandTimeoutMs + graceMs),
  });
}

async function withRetries<T>(send: () => Promise<T>, isSafe: (error: unknown) => boolean): Promise<T> {
  for (const delayMs of retryDelaysMs) {
    try {
      return await send();
    } catch (error) {
      if (!isSafe(error)) throw error;
      await delay(delayMs);
    }
  }
  return send();
}
