import type { SegmentStatus } from '@segue/contract';

import { arrayLiteral, type Sql, type Transaction } from '../../platform/postgres/index.ts';
import type { FillProgress } from './fill-progress.ts';
import type { MemberChange } from './member-store.ts';
import type { SegmentRow } from './segment-store.ts';

type Step = Pick<SegmentRow, 'workspace_id' | 'id' | 'revision' | 'fill'>;

/** Writes down how far a back-fill has come; false when its rule was changed meanwhile or another process came as far. */
export async function saveFill(sql: Sql, segment: Step, fill: FillProgress): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update segment set fill = $4 where workspace_id = $1 and id = $2 and revision = $3 and fill = $5::jsonb`,
    values: [segment.workspace_id, segment.id, segment.revision, JSON.stringify(fill), JSON.stringify(segment.fill)],
  });
  return rowCount === 1;
}

/** Holds a segment whose back-fill is where it was read; false when it is elsewhere by now. */
export async function lockFill(sql: Sql, segment: Step & { status: SegmentStatus }): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `select from segment where workspace_id = $1 and id = $2 and revision = $3 and fill = $4::jsonb and status = $5 for update`,
    values: [segment.workspace_id, segment.id, segment.revision, JSON.stringify(segment.fill), segment.status],
  });
  return rowCount === 1;
}

/** Keeps other processes from the step this one makes, until the transaction ends; false when it is made already. */
export async function holdFill(sql: Transaction, segment: Step): Promise<boolean> {
  const { rows } = await sql.query<{ held: boolean }>({
    text: `select pg_try_advisory_xact_lock(hashtext('segment fill'), hashtext($1::text)) as held`,
    // workspace_id: an id is the only one of its kind in all of them.
    values: [segment.id],
  });
  if (rows[0]?.held !== true) return false;
  const { rowCount } = await sql.query({
    text: 'select from segment where workspace_id = $1 and id = $2 and revision = $3 and fill = $4::jsonb',
    values: [segment.workspace_id, segment.id, segment.revision, JSON.stringify(segment.fill)],
  });
  return rowCount === 1;
}

/** From here on its rule, or its changed rule, is true of whoever is looked at. */
export async function beginSweep(sql: Sql, segment: SegmentRow): Promise<void> {
  await sql.query({
    text: `update segment set status = 'sweeping', serial = nextval('segment_serial'), is_changed = next_rule is not null,
             rule = coalesce(next_rule, rule), world = coalesce(next_world, world), next_rule = null, next_world = null
           where workspace_id = $1 and id = $2`,
    values: [segment.workspace_id, segment.id],
  });
}

/** Everybody was looked at; false when another process ended this sweep, even if a later one is under way. */
export async function endSweep(
  sql: Sql,
  segment: Pick<SegmentRow, 'workspace_id' | 'id' | 'serial'>,
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update segment set status = 'live', is_changed = false, fill = '{}'
           where workspace_id = $1 and id = $2 and status = 'sweeping' and serial = $3`,
    values: [segment.workspace_id, segment.id, segment.serial],
  });
  return rowCount === 1;
}

/** The number the next transaction will get, and the oldest of those under way. */
export async function readTransactions(sql: Sql): Promise<{ next: number; oldest: number }> {
  const { rows } = await sql.query<{ next: string; oldest: string }>({
    text: `select pg_snapshot_xmax(s)::text as next, pg_snapshot_xmin(s)::text as oldest from pg_current_snapshot() s`,
  });
  return { next: Number(rows[0]!.next), oldest: Number(rows[0]!.oldest) };
}

/** Notes profiles that something happened to while a segment's history is being counted. */
export async function noteTouched(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<void> {
  if (profileIds.length === 0) return;
  await sql.query({
    name: 'segment_touched_note',
    text: `insert into segment_touched (workspace_id, profile_id) select $1, id from unnest($2::uuid[]) as t(id)
           on conflict do nothing`,
    // Sorted: two batches that note the same profiles never lock each other up.
    values: [workspaceId, arrayLiteral([...new Set(profileIds)].sort())],
  });
}

/** Whom to look at before a segment whose rule history answered is live. */
export async function listTouched(
  sql: Sql,
  workspaceId: number,
  page: { segmentId: string; afterId: string | null; limit: number },
): Promise<string[]> {
  const { rows } = await sql.query<{ profile_id: string }>({
    text: `(select profile_id from segment_touched
            where workspace_id = $1 and ($3::uuid is null or profile_id > $3::uuid) order by profile_id limit $4)
           union
           (select profile_id from segment_candidate
            where workspace_id = $1 and segment_id = $2 and ($3::uuid is null or profile_id > $3::uuid)
            order by profile_id limit $4)
           order by profile_id limit $4`,
    values: [workspaceId, page.segmentId, page.afterId, page.limit],
  });
  return rows.map((row) => row.profile_id);
}

/** Notes profiles to look at before a segment is live, whether or not anything happens to them. */
export async function noteCandidates(
  sql: Sql,
  workspaceId: number,
  { segmentId, profileIds }: { segmentId: string; profileIds: readonly string[] },
): Promise<void> {
  if (profileIds.length === 0) return;
  await sql.query({
    text: `insert into segment_candidate (workspace_id, segment_id, profile_id)
           select $1, $2, id from unnest($3::uuid[]) as t(id) on conflict do nothing`,
    values: [workspaceId, segmentId, arrayLiteral(profileIds)],
  });
}

/** Of these profiles those noted for these segments. */
export async function listCandidates(
  sql: Sql,
  workspaceId: number,
  { segmentIds, profileIds }: { segmentIds: readonly string[]; profileIds: readonly string[] },
): Promise<MemberChange[]> {
  if (segmentIds.length === 0) return [];
  const { rows } = await sql.query<{ segment_id: string; profile_id: string }>({
    name: 'segment_candidate_rows',
    text: `select segment_id, profile_id from segment_candidate
           where workspace_id = $1 and segment_id = any($2::uuid[]) and profile_id = any($3::uuid[])`,
    values: [workspaceId, arrayLiteral(segmentIds), arrayLiteral(profileIds)],
  });
  return rows.map((row) => ({ segmentId: row.segment_id, profileId: row.profile_id }));
}

export async function forgetCandidates(sql: Sql, workspaceId: number, segmentId: string): Promise<void> {
  await sql.query({
    text: 'delete from segment_candidate where workspace_id = $1 and segment_id = $2',
    values: [workspaceId, segmentId],
  });
}

/** Nobody counts history any more: who was touched meanwhile need not be known. Call it under a cut. */
export async function forgetTouched(sql: Sql, workspaceId: number): Promise<void> {
  await sql.query({
    text: `delete from segment_touched where workspace_id = $1 and not exists (
             select from segment where workspace_id = $1 and (status in ('filling', 'sweeping') or next_rule is not null))`,
    values: [workspaceId],
  });
}

/** Takes the ids history answered with, piece by piece, into a table that ends with the transaction. */
export async function openAnswers(sql: Transaction): Promise<{ add(profileIds: Iterable<string>): Promise<void> }> {
  await sql.query({ text: 'create temporary table segment_answer (profile_id uuid not null) on commit drop' });
  return {
    async add(profileIds) {
      const rows = function* () {
        for (const id of profileIds) yield [id];
      };
      await sql.copyInto('segment_answer', ['profile_id'], rows());
    },
  };
}

/** Makes the answers the members of a segment that had none yet. */
export async function adoptAnswers(
  sql: Transaction,
  workspaceId: number,
  members: { segmentId: string; at: Date },
): Promise<void> {
  await sql.query({
    text: 'delete from segment_member where workspace_id = $1 and segment_id = $2',
    values: [workspaceId, members.segmentId],
  });
  await sql.query({
    text: `insert into segment_member (workspace_id, segment_id, profile_id, entered_at, cause)
           select $1, $2, profile_id, $3, 'already_in' from segment_answer on conflict do nothing`,
    values: [workspaceId, members.segmentId, members.at],
  });
}

/**
 * Whoever is merged into another while history is counted hands over what it answered of her: the segments it found her in, and
 * whether it could judge her. Before her own rows go.
 */
export async function moveAnswers(
  sql: Transaction,
  workspaceId: number,
  moves: ReadonlyMap<string, string>,
): Promise<void> {
  if (moves.size === 0) return;
  const values = [workspaceId, arrayLiteral([...moves.keys()]), arrayLiteral([...moves.values()])];
  await sql.query({
    name: 'segment_answer_member_move',
    text: `insert into segment_member (workspace_id, segment_id, profile_id, entered_at, cause)
           select s.workspace_id, s.segment_id, m.target, s.entered_at, s.cause
           from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
           join segment_member s on s.workspace_id = $1 and s.profile_id = m.origin
           join segment g on g.workspace_id = $1 and g.id = s.segment_id and g.status = 'filling'
           order by s.segment_id, m.target on conflict do nothing`,
    values,
  });
  await sql.query({
    name: 'segment_answer_candidate_move',
    text: `insert into segment_candidate (workspace_id, segment_id, profile_id)
           select s.workspace_id, s.segment_id, m.target
           from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
           join segment g on g.workspace_id = $1 and g.status = 'filling'
           join segment_candidate s on s.workspace_id = $1 and s.segment_id = g.id and s.profile_id = m.origin
           order by s.segment_id, m.target on conflict do nothing`,
    values,
  });
}

/** Notes where the answers differ from the members there are. */
export async function noteDifferences(sql: Transaction, workspaceId: number, segmentId: string): Promise<void> {
  await sql.query({
    text: `insert into segment_candidate (workspace_id, segment_id, profile_id)
           select $1, $2, coalesce(a.profile_id, m.profile_id) from segment_answer a
           full join (select profile_id from segment_member where workspace_id = $1 and segment_id = $2) m using (profile_id)
           where a.profile_id is null or m.profile_id is null
           on conflict do nothing`,
    values: [workspaceId, segmentId],
  });
}
