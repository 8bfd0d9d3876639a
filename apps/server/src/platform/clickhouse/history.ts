export interface HistoryInsert {
  readonly table: string;
  /** Column order of the rows in `body`. */
  readonly columns: readonly string[];
  /** Rows in JSONCompactEachRow: one JSON array per line. */
  readonly body: string;
  /** The same token is never stored twice by the same table, so a repeat after a crash is harmless. */
  readonly deduplicationToken: string;
}

export interface HistoryQuery {
  readonly sql: string;
  /** Bound as `{name: Type}` in the SQL. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly timeoutMs?: number;
  /** `background` work (back-fills, reports) never delays `interactive` reads. Default `interactive`. */
  readonly priority?: 'interactive' | 'background';
}

/** The history engine: ClickHouse over HTTP, embedded or your own; nothing above can tell. */
export interface History {
  insert(insert: HistoryInsert): Promise<void>;
  /** Reads the whole result. 64-bit integers come back as numbers. */
  query<Row = Record<string, unknown>>(query: HistoryQuery): Promise<Row[]>;
  /** Reads a result piece by piece, for those too large to be held whole. Not repeated when the connection is lost. */
  stream<Row = Record<string, unknown>>(query: HistoryQuery): AsyncIterable<Row[]>;
  /** DDL. */
  command(sql: string): Promise<void>;
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
