/** One SQL statement with positional parameters. A `name` makes it a prepared statement, parsed once per connection. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface Rows<R> {
  readonly rows: R[];
  readonly rowCount: number;
}

/** Anything that runs statements: the pool, or one open transaction. `int8` comes back as a number, `jsonb` parsed, `bytea` as Buffer. */
export interface Sql {
  query<R = Record<string, unknown>>(statement: Statement): Promise<Rows<R>>;
}

export interface Transaction extends Sql {
  /** Streams rows into a table with COPY (text format); far cheaper than inserts for thousands of rows. */
  copyInto(table: string, columns: readonly string[], rows: Iterable<readonly unknown[]>): Promise<number>;
}

export interface TransactionOptions {
  /** PostgreSQL gives up on a process that says nothing for so long, and frees what it locked. Default: two minutes. */
  readonly silenceMsMax?: number;
}

export interface Postgres extends Sql {
  /** Runs `work` inside one READ COMMITTED transaction: commits what it returns, rolls back what it throws. */
  transaction<T>(work: (sql: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Runs reads that all see the database as it is at the first of them (REPEATABLE READ, READ ONLY): never half of a change. */
  snapshot<T>(reads: (sql: Sql) => Promise<T>): Promise<T>;
  /** How its pool is used just now. */
  connections(): { readonly total: number; readonly idle: number; readonly waiting: number };
  close(): Promise<void>;
}

/** A forward-only migration; `id` sorts by time: `20261122T0900_create-segments`. */
export interface Migration {
  readonly id: string;
  readonly sql: string;
}
