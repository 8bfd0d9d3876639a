import { openHistory } from '../../platform/clickhouse/index.ts';
import { openPostgres } from '../../platform/postgres/index.ts';

/** Work that is not done yet, in one snapshot. All zero: nothing more will happen by itself. */
export interface OpenWork {
  readonly unprocessed: number;
  readonly unarchived: number;
  readonly messages: number;
  readonly runs: number;
}

export interface ArchivedEvent {
  readonly log: number;
  readonly lane: number;
  readonly seq: number;
  readonly message_id: string;
  readonly name: string;
  readonly node: number;
  readonly payload: string;
}

export interface LaneState {
  readonly log: number;
  readonly lane: number;
  readonly seq: number;
  readonly head: number;
  readonly owner: string | null;
}

/** Looks into the engines themselves: what the public surface says could hide a fault of the reader. */
export interface Audit {
  openWork(): Promise<OpenWork>;
  deadLetters(): Promise<number>;
  /** How many lanes each process holds for the processor. */
  lanesByOwner(): Promise<Map<string, number>>;
  /** How far each lane reaches, and how far it is processed. */
  lanes(): Promise<LaneState[]>;
  /** How many events the log gave numbers to: what came from outside. */
  intakeHeads(): Promise<number>;
  archivedEvents(): Promise<ArchivedEvent[]>;
  /** Every identifier that was erased, and how many rows of the history are still filed under one. */
  erased(): Promise<{ nodes: Set<number>; rows: number }>;
  /** A privacy request whose process died is due now: the minute until another may take it is not waited for. */
  endRequestLeases(): Promise<void>;
  close(): Promise<void>;
}

/** Of a server's data folder, or of engines given by URL; the history's path names its database. */
export function openAudit(engines: { engineUrls(): { postgresUrl: string; clickhouseUrl: string } }): Audit {
  const { postgresUrl, clickhouseUrl } = engines.engineUrls();
  const postgres = openPostgres({ url: postgresUrl, applicationName: 'audit', maxConnections: 2 });
  const history = openHistory({ url: clickhouseUrl, database: new URL(clickhouseUrl).pathname.slice(1) || 'segue' });
  const count = async (text: string): Promise<number> => {
    const { rows } = await postgres.query<{ n: number }>({ text });
    return rows[0]?.n ?? 0;
  };
  return {
    openWork: async () => {
      const { rows } = await postgres.query<OpenWork>({
        text: `select
          (select coalesce(sum(l.head - c.seq), 0) from log_cursor c join log_lane l using (log, lane) where c.reader = 'processor')::int as unprocessed,
          (select coalesce(sum(l.head - c.seq), 0) from log_cursor c join log_lane l using (log, lane) where c.reader = 'archive')::int as unarchived,
          (select count(*) from message where status in ('queued', 'sending'))::int as messages,
          (select count(*) from journey_run where state = 1)::int as runs`,
      });
      return rows[0]!;
    },
    lanesByOwner: async () => {
      const { rows } = await postgres.query<{ owner: string; n: number }>({
        text: `select owner, count(*)::int as n from log_cursor where reader = 'processor' and owner is not null group by owner`,
      });
      return new Map(rows.map(({ owner, n }) => [owner, n]));
    },
    lanes: async () => {
      const { rows } = await postgres.query<LaneState>({
        text: `select c.log, c.lane, c.seq, l.head, c.owner from log_cursor c join log_lane l using (log, lane)
               where c.reader = 'processor' order by c.log, c.lane`,
      });
      return rows;
    },
    deadLetters: () => count('select count(*)::int as n from log_dead_letter'),
    intakeHeads: () => count('select sum(head)::int as n from log_lane where log = 0'),
    archivedEvents: () =>
      history.query<ArchivedEvent>({
        sql: 'select log, lane, seq, message_id, name, node, payload from history_events order by log, lane, seq',
      }),
    erased: async () => {
      const { rows } = await postgres.query<{ id: string }>({
        text: 'select id::text as id from identity_node where erased_at is not null',
      });
      const nodes = new Set(rows.map(({ id }) => Number(id)));
      const [left] = await history.query<{ n: number }>({
        sql: `select toInt32(count()) as n from event where node in (${[0, ...nodes].join(', ')})`,
      });
      return { nodes, rows: left!.n };
    },
    endRequestLeases: async () => {
      await postgres.query({ text: `update privacy_request set next_at = now() where state = 'running'` });
    },
    close: async () => {
      await Promise.all([postgres.close(), history.close()]);
    },
  };
}
