import type { Sql } from '../postgres/index.ts';
import type { LogId } from './event.ts';

/** Which dead letters are meant; what is left out matches all. */
export interface DeadLetterFilter {
  /** The number of the source. */
  readonly source?: number | undefined;
  readonly type?: string | undefined;
  readonly name?: string | undefined;
}

export interface DeadLetterRow {
  id: string;
  log: LogId;
  lane: number;
  seq: number;
  source: number | null;
  type: string | null;
  name: string | null;
  failures: number;
  error: string;
  failed_at: Date;
  line: string;
}

export interface NewDeadLetter {
  readonly id: string;
  readonly log: LogId;
  readonly lane: number;
  readonly seq: number;
  readonly workspaceId: number;
  readonly source: number | undefined;
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly failures: number;
  readonly line: string;
  readonly error: string;
  readonly failedAt: number;
}

const COLUMNS = 'id, log, lane, seq, source, type, name, failures, error, failed_at, line';
const MATCHES = `reader = 'processor' and workspace_id = $1
  and ($2::integer is null or source = $2) and ($3::text is null or type = $3) and ($4::text is null or name = $4)`;

/** The same event at the same place is buried once. */
export async function insertDeadLetter(sql: Sql, letter: NewDeadLetter): Promise<void> {
  await sql.query({
    text: `insert into log_dead_letter (reader, log, lane, seq, workspace_id, source, type, name, failures, line, error, failed_at, id)
           values ('processor', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing`,
    values: [
      letter.log,
      letter.lane,
      letter.seq,
      letter.workspaceId,
      letter.source ?? null,
      storable(letter.type),
      storable(letter.name),
      letter.failures,
      storable(letter.line),
      storable(letter.error),
      new Date(letter.failedAt),
      letter.id,
    ],
  });
}

/** Those whose events came last first, which replays do not change; reads by `log_dead_letter_list`. */
export async function listDeadLetterRows(
  sql: Sql,
  workspaceId: number,
  page: { filter: DeadLetterFilter; beforeId: string | undefined; limit: number },
): Promise<DeadLetterRow[]> {
  const { rows } = await sql.query<DeadLetterRow>({
    text: `select ${COLUMNS} from log_dead_letter
           where ${MATCHES} and ($5::uuid is null or id < $5) order by id desc limit $6`,
    values: [...valuesOf(workspaceId, page.filter), page.beforeId ?? null, page.limit],
  });
  return rows;
}

export async function findDeadLetterRow(sql: Sql, workspaceId: number, id: string): Promise<DeadLetterRow | undefined> {
  const { rows } = await sql.query<DeadLetterRow>({
    text: `select ${COLUMNS} from log_dead_letter where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Where this event's dead letter lies, if it has one. */
export async function findDeadLetterAt(
  sql: Sql,
  workspaceId: number,
  place: { log: LogId; lane: number; seq: number },
): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string }>({
    text: `select id from log_dead_letter
           where reader = 'processor' and workspace_id = $1 and log = $2 and lane = $3 and seq = $4`,
    values: [workspaceId, place.log, place.lane, place.seq],
  });
  return rows[0]?.id;
}

export async function countDeadLetterRows(sql: Sql, workspaceId: number, filter: DeadLetterFilter): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    text: `select count(*)::int as n from log_dead_letter where ${MATCHES}`,
    values: valuesOf(workspaceId, filter),
  });
  return rows[0]!.n;
}

/** What waits, as it lies in the log; at most so many. */
export async function listWaitingLines(sql: Sql, workspaceId: number, limit: number): Promise<string[]> {
  const { rows } = await sql.query<{ line: string }>({
    text: "select line from log_dead_letter where reader = 'processor' and workspace_id = $1 limit $2",
    values: [workspaceId, limit],
  });
  return rows.map((row) => row.line);
}

/**
 * Takes dead letters out, oldest place first. Whoever wants the same ones at the same time waits and finds them gone.
 */
export async function takeDeadLetterRows(
  sql: Sql,
  workspaceId: number,
  wanted: { filter: DeadLetterFilter; id?: string | undefined; limit: number },
): Promise<DeadLetterRow[]> {
  const { rows } = await sql.query<DeadLetterRow>({
    text: `with chosen as (
             select id as chosen_id from log_dead_letter
             where ${MATCHES} and ($5::uuid is null or id = $5)
             order by log, lane, seq limit $6 for update
           )
           delete from log_dead_letter d using chosen where d.workspace_id = $1 and d.id = chosen_id
           returning ${COLUMNS}`,
    values: [...valuesOf(workspaceId, wanted.filter), wanted.id ?? null, wanted.limit],
  });
  return rows.sort((a, b) => a.log - b.log || a.lane - b.lane || a.seq - b.seq);
}

function valuesOf(workspaceId: number, filter: DeadLetterFilter): unknown[] {
  return [workspaceId, filter.source ?? null, filter.type ?? null, filter.name ?? null];
}

/** PostgreSQL keeps no NUL in a text. */
function storable(text: string | undefined): string | null {
  return text?.replaceAll('\u0000', '') ?? null;
}

export async function pageDeadLetterLines(
  sql: Sql,
  workspaceId: number,
  page: { afterId: string | undefined; limit: number },
): Promise<{ id: string; line: string }[]> {
  const { rows } = await sql.query<{ id: string; line: string }>({
    text: `select id, line from log_dead_letter
           where workspace_id = $1 and ($2::uuid is null or id > $2) order by id limit $3`,
    values: [workspaceId, page.afterId ?? null, page.limit],
  });
  return rows;
}

export async function deleteDeadLetters(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<number> {
  const { rowCount } = await sql.query({
    text: 'delete from log_dead_letter where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, ids],
  });
  return rowCount;
}
