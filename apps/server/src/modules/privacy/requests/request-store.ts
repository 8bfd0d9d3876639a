import type { PrivacyRequest } from '@segue/contract';
import type { JsonObject } from '../../../platform/json.ts';
import type { Sql } from '../../../platform/postgres/index.ts';

export interface RequestRow {
  workspace_id: number;
  id: string;
  kind: PrivacyRequest['kind'];
  regulation: PrivacyRequest['regulation'];
  state: PrivacyRequest['state'];
  waiting_for: 'approval' | null;
  origin: PrivacyRequest['origin'];
  profile_id: string | null;
  identifier_hash: string | null;
  sealed: Buffer | null;
  suppress: boolean;
  account_id: string | null;
  created_at: Date;
  due_at: Date;
  lease: number;
  attempts: number;
  error: string | null;
  outcome: PrivacyRequest['outcome'];
  progress: JsonObject;
  counts: Record<string, number>;
  finished_at: Date | null;
  has_file: boolean;
}

const COLUMNS = `workspace_id, id, kind, regulation, state, waiting_for, origin, profile_id, identifier_hash, sealed, suppress,
  account_id, created_at, due_at, lease, attempts, error, outcome, progress, counts, finished_at,
  exists (select from privacy_export_part p
          where p.workspace_id = r.workspace_id and p.request_id = r.id and r.state = 'done') as has_file`;

export type NewRequest = Pick<
  RequestRow,
  | 'id'
  | 'kind'
  | 'regulation'
  | 'state'
  | 'waiting_for'
  | 'origin'
  | 'profile_id'
  | 'identifier_hash'
  | 'sealed'
  | 'suppress'
  | 'account_id'
  | 'progress'
  | 'created_at'
  | 'due_at'
>;

export async function insertRequest(sql: Sql, workspaceId: number, request: NewRequest): Promise<void> {
  await sql.query({
    text: `insert into privacy_request (workspace_id, id, kind, regulation, state, waiting_for, origin, profile_id,
             identifier_hash, sealed, suppress, account_id, created_at, due_at, next_at, progress)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, $15)`,
    values: [
      workspaceId,
      request.id,
      request.kind,
      request.regulation,
      request.state,
      request.waiting_for,
      request.origin,
      request.profile_id,
      request.identifier_hash,
      request.sealed,
      request.suppress,
      request.account_id,
      request.created_at,
      request.due_at,
      JSON.stringify(request.progress),
    ],
  });
}

export async function findRequest(
  sql: Sql,
  workspaceId: number,
  asked: { id: string; lock?: boolean },
): Promise<RequestRow | undefined> {
  const { rows } = await sql.query<RequestRow>({
    text: `select ${COLUMNS} from privacy_request r where workspace_id = $1 and id = $2 ${asked.lock === true ? 'for update of r' : ''}`,
    values: [workspaceId, asked.id],
  });
  return rows[0];
}

/** Newest first. */
export async function pageRequests(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | undefined; state: string | undefined; kind: string | undefined },
): Promise<RequestRow[]> {
  const { rows } = await sql.query<RequestRow>({
    text: `select ${COLUMNS} from privacy_request r
           where workspace_id = $1 and ($3::uuid is null or id < $3) and ($4::text is null or state = $4)
             and ($5::text is null or kind = $5)
           order by id desc limit $2`,
    values: [workspaceId, page.limit, page.beforeId ?? null, page.state ?? null, page.kind ?? null],
  });
  return rows;
}

/** Takes the request that is due longest, until `untilMs`; then another process may take it. */
export async function takeDueRequest(
  sql: Sql,
  asked: { now: Date; until: Date; kinds: readonly string[] },
): Promise<RequestRow | undefined> {
  const { rows } = await sql.query<RequestRow>({
    // every workspace: one loop works for all, by `privacy_request_due`.
    text: `update privacy_request r set state = 'running', lease = lease + 1, attempts = attempts + 1, next_at = $2
           where (workspace_id, id) = (
             select workspace_id, id from privacy_request where state in ('received', 'running') and next_at <= $1 and kind = any($3)
             order by next_at limit 1 for update skip locked)
           returning ${COLUMNS}`,
    values: [asked.now, asked.until, asked.kinds],
  });
  return rows[0];
}

export interface RequestChange {
  readonly state: PrivacyRequest['state'];
  readonly nextAt?: Date;
  /** Left out: for nothing. */
  readonly waitingFor?: 'approval';
  readonly attempts?: number;
  readonly error?: string | null;
  readonly outcome?: PrivacyRequest['outcome'];
  readonly progress?: JsonObject;
  readonly counts?: Readonly<Record<string, number>>;
  readonly finishedAt?: Date;
}

/** False: somebody else has taken it since. Whatever is over keeps neither identifier nor note. */
export async function changeRequest(
  sql: Sql,
  row: Pick<RequestRow, 'workspace_id' | 'id' | 'lease'>,
  change: RequestChange,
): Promise<boolean> {
  const isOver = change.finishedAt !== undefined;
  const { rowCount } = await sql.query({
    text: `update privacy_request set state = $4, next_at = coalesce($5, next_at), attempts = coalesce($6, attempts),
             error = $7, outcome = coalesce($8, outcome), progress = coalesce($9::jsonb, progress),
             counts = coalesce($10::jsonb, counts), finished_at = coalesce($11, finished_at),
             waiting_for = $13, sealed = case when $12 then null else sealed end
           where workspace_id = $1 and id = $2 and lease = $3`,
    values: [
      row.workspace_id,
      row.id,
      row.lease,
      change.state,
      change.nextAt ?? null,
      change.attempts ?? null,
      change.error ?? null,
      change.outcome ?? null,
      change.progress === undefined ? null : JSON.stringify(change.progress),
      change.counts === undefined ? null : JSON.stringify(change.counts),
      change.finishedAt ?? null,
      isOver,
      change.waitingFor ?? null,
    ],
  });
  return rowCount === 1;
}

/**
 * Adds a piece and holds the request until `until`. False: somebody else has taken it since, or somebody it is about is
 * being erased, or gone.
 */
export async function insertExportPart(
  sql: Sql,
  row: Pick<RequestRow, 'workspace_id' | 'id' | 'lease'>,
  part: { number: number; sealed: Buffer; at: Date; about: readonly string[]; until: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    name: 'export_part_insert',
    text: `with held as (
             update privacy_request set next_at = $6
             where workspace_id = $1 and id = $2 and lease = $7
               and not exists (select from erasure e where e.workspace_id = $1 and e.profile_ids && $8::uuid[])
               and (select count(*) from profile p where p.workspace_id = $1 and p.id = any($8::uuid[])) = cardinality($8::uuid[])
             returning id)
           insert into privacy_export_part (workspace_id, request_id, part, sealed, created_at)
           select $1, id, $3, $4, $5 from held`,
    values: [row.workspace_id, row.id, part.number, part.sealed, part.at, part.until, row.lease, part.about],
  });
  return rowCount === 1;
}

/** What was asked about somebody, oldest first; `hashes` are those of her identifiers. */
export async function listRequestsAbout(
  sql: Sql,
  workspaceId: number,
  { profileIds, hashes }: { profileIds: readonly string[]; hashes: readonly string[] },
): Promise<RequestRow[]> {
  const { rows } = await sql.query<RequestRow>({
    text: `select ${COLUMNS} from privacy_request r
           where workspace_id = $1 and (profile_id = any($2::uuid[]) or identifier_hash = any($3::uuid[])
             or progress -> 'about' ?| $2::text[])
           order by id`,
    values: [workspaceId, profileIds, hashes],
  });
  return rows;
}

export async function deleteExportParts(sql: Sql, workspaceId: number, requestId: string): Promise<void> {
  await sql.query({
    text: 'delete from privacy_export_part where workspace_id = $1 and request_id = $2',
    values: [workspaceId, requestId],
  });
}

/** Files that tell of any of these profiles, of others too or not; answers how many requests had one. */
export async function deleteExportsOf(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    text: `with gone as (
             delete from privacy_export_part p using privacy_request r
             where p.workspace_id = $1 and r.workspace_id = $1 and r.id = p.request_id
               and (r.profile_id = any($2::uuid[]) or r.progress -> 'about' ?| $2::text[])
             returning p.request_id)
           select count(distinct request_id)::int as n from gone`,
    values: [workspaceId, profileIds],
  });
  return rows[0]!.n;
}

/** Keeps others off a request that takes its time. False: somebody else has taken it since. */
export async function renewLease(
  sql: Sql,
  row: Pick<RequestRow, 'workspace_id' | 'id' | 'lease'>,
  until: Date,
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'update privacy_request set next_at = $4 where workspace_id = $1 and id = $2 and lease = $3',
    values: [row.workspace_id, row.id, row.lease, until],
  });
  return rowCount === 1;
}

/** How many pieces a file has; they are numbered from 0. */
export async function countExportParts(sql: Sql, workspaceId: number, requestId: string): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    text: 'select count(*)::int as n from privacy_export_part where workspace_id = $1 and request_id = $2',
    values: [workspaceId, requestId],
  });
  return rows[0]!.n;
}

export async function findExportPart(
  sql: Sql,
  workspaceId: number,
  { requestId, part }: { requestId: string; part: number },
): Promise<Buffer | undefined> {
  const { rows } = await sql.query<{ sealed: Buffer }>({
    name: 'export_part_find',
    text: 'select sealed from privacy_export_part where workspace_id = $1 and request_id = $2 and part = $3',
    values: [workspaceId, requestId, part],
  });
  return rows[0]?.sealed;
}

/** Remembers whom an identifier led to. */
export async function setRequestProfile(
  sql: Sql,
  row: Pick<RequestRow, 'workspace_id' | 'id' | 'lease'>,
  profileId: string,
): Promise<void> {
  await sql.query({
    text: 'update privacy_request set profile_id = $4 where workspace_id = $1 and id = $2 and lease = $3',
    values: [row.workspace_id, row.id, row.lease, profileId],
  });
}
