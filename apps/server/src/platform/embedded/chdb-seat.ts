import type { Session } from 'chdb';
import { ChdbRefusal, type ChdbRequest, type RawInsert } from './chdb-request.ts';

export interface ChdbAnswer {
  readonly body: Uint8Array;
  readonly elapsedSeconds: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

/**
 * One session of the engine, which keeps settings, database and parameters from request to request. The seat brings it
 * into the state a fresh request expects; statements that would change nothing are left out, as each costs a millisecond.
 */
export class ChdbSeat {
  readonly #session: Session;
  /** Names the session's queries where they can be stopped: the engine's own query ids cannot be chosen. */
  readonly #comment: string;
  #settings: ReadonlyMap<string, string> = new Map();
  #database = 'default';
  /** After a failed statement the session's state is not known. */
  #isKnown = false;

  constructor(session: Session, comment: string) {
    this.#session = session;
    this.#comment = comment;
  }

  /** The statement that stops what this seat runs now. `sync` would never return here. */
  get stopStatement(): string {
    return `kill query where Settings['log_comment'] = ${quote(this.#comment)} async`;
  }

  async run(request: ChdbRequest, defaults: Readonly<Record<string, string>>): Promise<ChdbAnswer> {
    const settings = new Map([
      ...Object.entries(defaults),
      ...request.settings,
      ['log_comment', this.#comment] as const,
    ]);
    const database = request.database ?? 'default';
    const prelude = [...this.#settingsStatements(settings, request.params), ...this.#databaseStatements(database)];
    const known = new Set([...this.#settings.keys(), ...settings.keys()]);
    this.#settings = new Map([...known].map((name) => [name, unknownValue]));
    const wasKnown = this.#isKnown;
    this.#isKnown = false;
    const answer = await this.#execute(request, prelude).catch((error: unknown) => {
      if (prelude.length === 0) this.#remember(settings, database, wasKnown);
      throw error;
    });
    this.#remember(settings, database, true);
    return answer;
  }

  /** The engine holds a failed query, with its memory, until the session's next one. */
  async letGo(): Promise<void> {
    await this.#session.queryAsync('select 1').catch(() => {});
  }

  #remember(settings: ReadonlyMap<string, string>, database: string, isKnown: boolean): void {
    this.#settings = settings;
    this.#database = database;
    this.#isKnown = isKnown;
  }

  #settingsStatements(settings: ReadonlyMap<string, string>, params: ReadonlyMap<string, string>): string[] {
    const resets = [...this.#settings.keys()]
      .filter((name) => !settings.has(name))
      .map((name) => `${checked(name)} = DEFAULT`);
    const changes = [...settings].filter(([name, value]) => !this.#isKnown || this.#settings.get(name) !== value);
    const sets = [...changes, ...params].map(([name, value]) => `${checked(name)} = ${quote(value)}`);
    const all = [...resets, ...sets];
    return all.length === 0 ? [] : [`SET ${all.join(', ')};`];
  }

  #databaseStatements(database: string): string[] {
    if (this.#isKnown && database === this.#database) return [];
    return [`USE \`${database.replace(/[`\\]/g, '\\$&')}\`;`];
  }

  async #execute(request: ChdbRequest, prelude: readonly string[]): Promise<ChdbAnswer> {
    if (request.insert) {
      if (prelude.length > 0) await this.#session.queryAsync(prelude.join(' '));
      return insertRows(this.#session, request.insert);
    }
    const sql = [...prelude, request.sql].join(' ');
    const result = await this.#session.queryAsync(sql, { format: request.format });
    return {
      body: result.bytes(),
      elapsedSeconds: result.elapsed,
      rowsRead: result.rowsRead,
      bytesRead: result.bytesRead,
      rowsWritten: 0,
      bytesWritten: 0,
    };
  }
}

const unknownValue = '\0';

async function insertRows(session: Session, { table, columns, format, rows }: RawInsert): Promise<ChdbAnswer> {
  const summary = await session.insert({ table, format, values: rows, ...(columns && { columns }) });
  return {
    body: new Uint8Array(0),
    elapsedSeconds: summary.elapsed,
    rowsRead: summary.rowsWritten,
    bytesRead: summary.bytesWritten,
    rowsWritten: summary.rowsWritten,
    bytesWritten: summary.bytesWritten,
  };
}

function checked(settingName: string): string {
  if (/^\w+$/.test(settingName)) return settingName;
  throw new ChdbRefusal({
    ...{ code: 115, name: 'UNKNOWN_SETTING', status: 400 },
    message: `Unknown setting '${settingName}'`,
  });
}

const quote = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`;
