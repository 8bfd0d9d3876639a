import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** Positions of the log: events committed, events with their effects, events archived. */
export class Positions {
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 2 });
  }

  async read(): Promise<{ lane: string; head: number; processed: number; archived: number }[]> {
    const { rows } = await this.#pool.query<{ lane: string; head: string; processed: string; archived: string }>({
      name: 'positions',
      text: `select l.log || '/' || l.lane as lane, l.head, p.seq as processed, a.seq as archived from log_lane l
             join log_cursor p on p.reader = 'processor' and (p.log, p.lane) = (l.log, l.lane)
             join log_cursor a on a.reader = 'archive' and (a.log, a.lane) = (l.log, l.lane)`,
    });
    return rows.map((row) => ({
      lane: row.lane,
      head: Number(row.head),
      processed: Number(row.processed),
      archived: Number(row.archived),
    }));
  }

  /** Resolves when every event has its effects and lies in the history. */
  async settled(): Promise<void> {
    for (;;) {
      const rows = await this.read();
      if (rows.every((row) => row.processed === row.head && row.archived === row.head)) return;
      await pause(20);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
