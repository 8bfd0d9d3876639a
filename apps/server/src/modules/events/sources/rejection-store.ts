import type { Sql } from '../../../platform/postgres/index.ts';
import type { Rejection, RejectionCount } from './rejection-tally.ts';

export interface NewRejection extends Omit<Rejection, 'item'> {
  readonly id: string;
  readonly sealedItem: Buffer;
  readonly isCut: boolean;
}

/** One statement for all that was refused in a second, whatever the number of workspaces. */
export async function insertRejections(
  sql: Sql,
  write: {
    counts: readonly RejectionCount[];
    rejections: readonly NewRejection[];
    strangers: ReadonlyMap<string, number>;
    /** Days since the epoch. */
    day: number;
  },
): Promise<void> {
  const { counts, rejections, strangers, day } = write;
  await sql.query({
    name: 'rejections_insert',
    text: `with samples as (
             insert into rejected_event (workspace_id, id, source, at, type, name, field, reason, item_sealed, is_cut)
             select * from unnest($1::integer[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::text[], $6::text[],
               $7::text[], $8::text[], $9::bytea[], $10::boolean[])
           ), strangers as (
             insert into refused_stranger as s (day, reason, count)
             select $11, * from unnest($12::text[], $13::bigint[])
             on conflict (day, reason) do update set count = s.count + excluded.count
           )
           insert into rejected_count as c (workspace_id, source, hour, type, name, field, reason, count, last_at)
           select * from unnest($14::integer[], $15::integer[], $16::integer[], $17::text[], $18::text[], $19::text[],
             $20::text[], $21::bigint[], $22::timestamptz[])
           on conflict (workspace_id, source, hour, type, name, field, reason)
             do update set count = c.count + excluded.count, last_at = greatest(c.last_at, excluded.last_at)`,
    values: [
      ...columnsOf(rejections, ['workspaceId', 'id', 'source']),
      rejections.map(({ at }) => new Date(at)),
      ...columnsOf(rejections, ['type', 'name', 'field', 'reason', 'sealedItem', 'isCut']),
      day,
      [...strangers.keys()],
      [...strangers.values()],
      ...columnsOf(counts, ['workspaceId', 'source', 'hour', 'type', 'name', 'field', 'reason', 'count']),
      counts.map(({ lastAt }) => new Date(lastAt)),
    ],
  });
}

function columnsOf<T>(rows: readonly T[], columns: readonly (keyof T)[]): unknown[][] {
  return columns.map((column) => rows.map((row) => row[column]));
}

export interface RejectionRow {
  id: string;
  source: number;
  at: Date;
  type: string;
  name: string;
  field: string;
  reason: string;
  item_bytes: number;
  is_cut: boolean;
}

const COLUMNS = 'id, source, at, type, name, field, reason, octet_length(item_sealed) as item_bytes, is_cut';

export interface RejectionFilter {
  readonly source?: number | undefined;
  readonly reason?: string | undefined;
  readonly field?: string | undefined;
}

/** Newest first, by the primary key: ids are in order of time. */
export async function listRejectionRows(
  sql: Sql,
  workspaceId: number,
  page: { filter: RejectionFilter; before: string | undefined; limit: number },
): Promise<RejectionRow[]> {
  const { filter, before, limit } = page;
  const { rows } = await sql.query<RejectionRow>({
    text: `select ${COLUMNS} from rejected_event
           where workspace_id = $1 and ($2::integer is null or source = $2) and ($3::text is null or reason = $3)
             and ($4::text is null or field = $4) and ($5::uuid is null or id < $5)
           order by id desc limit $6`,
    values: [workspaceId, filter.source ?? null, filter.reason ?? null, filter.field ?? null, before ?? null, limit],
  });
  return rows;
}

/** What came after `after`, oldest first: for whoever watches. */
export async function listRejectionsAfter(
  sql: Sql,
  workspaceId: number,
  page: { after: string; limit: number },
): Promise<RejectionRow[]> {
  const { rows } = await sql.query<RejectionRow>({
    name: 'rejections_after',
    text: `select ${COLUMNS} from rejected_event where workspace_id = $1 and id > $2 order by id limit $3`,
    values: [workspaceId, page.after, page.limit],
  });
  return rows;
}

export async function findRejectionRow(
  sql: Sql,
  workspaceId: number,
  id: string,
): Promise<(RejectionRow & { item_sealed: Buffer }) | undefined> {
  const { rows } = await sql.query<RejectionRow & { item_sealed: Buffer }>({
    text: `select ${COLUMNS}, item_sealed from rejected_event where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export interface RejectionSum {
  source: number;
  type: string;
  field: string;
  reason: string;
  count: number;
  last_at: Date;
}

/** By source, type, field and reason, most first. Reads by the primary key. */
export async function sumRejections(
  sql: Sql,
  workspaceId: number,
  question: { source?: number | undefined; sinceHour: number; limit: number },
): Promise<RejectionSum[]> {
  const { rows } = await sql.query<RejectionSum>({
    text: `select source, type, field, reason, sum(count)::bigint as count, max(last_at) as last_at from rejected_count
           where workspace_id = $1 and ($2::integer is null or source = $2) and hour >= $3
           group by source, type, field, reason order by sum(count) desc, source, type, field, reason limit $4`,
    values: [workspaceId, question.source ?? null, question.sinceHour, question.limit],
  });
  return rows;
}

export interface NamedRejections {
  source: number;
  type: string;
  name: string;
  field: string;
  reason: string;
  count: number;
}

/** By name, for whoever asks what is wrong with one kind of event. */
export async function sumRejectionsByName(
  sql: Sql,
  workspaceId: number,
  question: { names: readonly string[]; types: readonly string[]; sinceHour: number },
): Promise<NamedRejections[]> {
  const { rows } = await sql.query<NamedRejections>({
    text: `select source, type, name, field, reason, sum(count)::bigint as count from rejected_count
           where workspace_id = $1 and hour >= $2 and (name = any($3) or type = any($4))
           group by source, type, name, field, reason order by sum(count) desc, field, reason`,
    values: [workspaceId, question.sinceHour, question.names, question.types],
  });
  return rows;
}

/** How much was refused by one source from an hour on. */
export async function countRejections(
  sql: Sql,
  workspaceId: number,
  question: { source: number; sinceHour: number },
): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    text: `select coalesce(sum(count), 0)::bigint as n from rejected_count
           where workspace_id = $1 and source = $2 and hour >= $3`,
    values: [workspaceId, question.source, question.sinceHour],
  });
  return rows[0]!.n;
}

const SLICE_ROWS = 2_000;

/** Forgets what is older, and of each source all but the newest samples; answers how many rows went. */
export async function forgetRejections(
  sql: Sql,
  before: { at: Date; hour: number; keptPerSource: number },
): Promise<number> {
  // every workspace: retention is the same for all.
  const old = await sql.query({
    text: `delete from rejected_event where ctid = any(array(select ctid from rejected_event where at < $1 limit ${SLICE_ROWS}))`,
    values: [before.at],
  });
  // every workspace: as above.
  const surplus = await sql.query({
    text: `delete from rejected_event r using (
             select workspace_id, id from (
               select workspace_id, id, row_number() over (partition by workspace_id, source order by id desc) as place
               from rejected_event
             ) ranked where place > $1 limit ${SLICE_ROWS}
           ) s where r.workspace_id = s.workspace_id and r.id = s.id`,
    values: [before.keptPerSource],
  });
  // every workspace: as above.
  const counts = await sql.query({
    text: `delete from rejected_count where ctid = any(array(select ctid from rejected_count where hour < $1 limit ${SLICE_ROWS}))`,
    values: [before.hour],
  });
  // every workspace: strangers belong to none.
  await sql.query({ text: 'delete from refused_stranger where day < $1', values: [Math.floor(before.hour / 24)] });
  return old.rowCount + surplus.rowCount + counts.rowCount;
}
