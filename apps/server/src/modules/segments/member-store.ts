import { arrayLiteral, isRetryable, type Sql } from '../../platform/postgres/index.ts';

export interface MemberChange {
  readonly segmentId: string;
  readonly profileId: string;
}

export async function insertMembers(
  sql: Sql,
  workspaceId: number,
  options: { members: readonly MemberChange[]; at: Date },
): Promise<void> {
  const { members, at } = options;
  if (members.length === 0) return;
  await sql.query({
    name: 'segment_member_insert',
    text: `insert into segment_member (workspace_id, segment_id, profile_id, entered_at)
           select $1, segment_id, profile_id, $4 from unnest($2::uuid[], $3::uuid[]) as m(segment_id, profile_id)
           on conflict do nothing`,
    values: [
      workspaceId,
      arrayLiteral(members.map((m) => m.segmentId)),
      arrayLiteral(members.map((m) => m.profileId)),
      at,
    ],
  });
}

export async function deleteMembers(sql: Sql, workspaceId: number, members: readonly MemberChange[]): Promise<void> {
  if (members.length === 0) return;
  await sql.query({
    name: 'segment_member_delete',
    text: `delete from segment_member s using unnest($2::uuid[], $3::uuid[]) as m(segment_id, profile_id)
           where s.workspace_id = $1 and s.segment_id = m.segment_id and s.profile_id = m.profile_id`,
    values: [workspaceId, arrayLiteral(members.map((m) => m.segmentId)), arrayLiteral(members.map((m) => m.profileId))],
  });
}

/** Forgets everything about profiles that were merged away. */
export async function deleteMerged(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<void> {
  if (profileIds.length === 0) return;
  await sql.query({
    name: 'segment_member_merged',
    text: 'delete from segment_member where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: [workspaceId, profileIds],
  });
  await sql.query({
    name: 'segment_wake_merged',
    text: 'delete from segment_wake where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: [workspaceId, profileIds],
  });
}

const ATTEMPTS_MAX = 5;

/**
 * Forgets the members of a segment that is gone and the history of its leaves. In a transaction of its own after the cut:
 * batches hold such rows locked before they come to their cursors, so under the cut both would wait for each other.
 */
export async function forgetRows(
  sql: Sql,
  workspaceId: number,
  gone: { segmentId: string; generations: readonly number[] },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await sql.query({
        text: 'delete from segment_member where workspace_id = $1 and segment_id = $2',
        values: [workspaceId, gone.segmentId],
      });
      await sql.query({
        text: 'delete from leaf_state where workspace_id = $1 and generation = any($2::integer[])',
        values: [workspaceId, gone.generations],
      });
      return;
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !isRetryable(error)) throw error;
    }
  }
}

export async function listMembers(
  sql: Sql,
  workspaceId: number,
  page: { segmentId: string; afterId: string | null; limit: number },
): Promise<{ profile_id: string; entered_at: Date }[]> {
  const { rows } = await sql.query<{ profile_id: string; entered_at: Date }>({
    text: `select profile_id, entered_at from segment_member
           where workspace_id = $1 and segment_id = $2 and ($3::uuid is null or profile_id > $3::uuid)
           order by profile_id limit $4`,
    values: [workspaceId, page.segmentId, page.afterId, page.limit],
  });
  return rows;
}

export async function countMembers(
  sql: Sql,
  workspaceId: number,
  segmentIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await sql.query<{ segment_id: string; members: number }>({
    text: `select segment_id, count(*)::int as members from segment_member
           where workspace_id = $1 and segment_id = any($2::uuid[]) group by segment_id`,
    values: [workspaceId, segmentIds],
  });
  return new Map(rows.map((row) => [row.segment_id, row.members]));
}

export async function listSegmentsOfProfile(
  sql: Sql,
  workspaceId: number,
  page: { profileId: string; afterId: string | null; limit: number },
): Promise<{ id: string; name: string; entered_at: Date }[]> {
  const { rows } = await sql.query<{ id: string; name: string; entered_at: Date }>({
    text: `select s.id, s.name, m.entered_at from segment_member m
           join segment s on s.workspace_id = m.workspace_id and s.id = m.segment_id
           where m.workspace_id = $1 and m.profile_id = $2 and s.status <> 'archived'
             and ($3::uuid is null or s.id > $3::uuid) order by s.id limit $4`,
    values: [workspaceId, page.profileId, page.afterId, page.limit],
  });
  return rows;
}

export interface Wake {
  readonly profileId: string;
  readonly atMs: number;
}

export async function saveWakes(sql: Sql, workspaceId: number, wakes: readonly Wake[]): Promise<void> {
  if (wakes.length === 0) return;
  await sql.query({
    name: 'segment_wake_save',
    text: `insert into segment_wake (workspace_id, profile_id, wake_at)
           select $1, profile_id, to_timestamp(wake_ms / 1000.0) from unnest($2::uuid[], $3::bigint[]) as w(profile_id, wake_ms)
           on conflict (workspace_id, profile_id) do update set wake_at = excluded.wake_at`,
    values: [workspaceId, arrayLiteral(wakes.map((w) => w.profileId)), arrayLiteral(wakes.map((w) => w.atMs))],
  });
}

export async function deleteWakes(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<void> {
  if (profileIds.length === 0) return;
  await sql.query({
    name: 'segment_wake_delete',
    text: 'delete from segment_wake where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: [workspaceId, profileIds],
  });
}

/** Those still due: another process may have set some anew since they were listed. */
export async function deleteIdleWakes(
  sql: Sql,
  workspaceId: number,
  wakes: { profileIds: readonly string[]; at: Date },
): Promise<void> {
  if (wakes.profileIds.length === 0) return;
  await sql.query({
    text: 'delete from segment_wake where workspace_id = $1 and profile_id = any($2::uuid[]) and wake_at <= $3',
    values: [workspaceId, wakes.profileIds, wakes.at],
  });
}

/** The profiles due, of all workspaces, the longest due first; each row says whose it is (workspace_id). */
export async function listDueWakes(
  sql: Sql,
  options: { at: Date; limit: number },
): Promise<{ workspace_id: number; profile_id: string }[]> {
  const { rows } = await sql.query<{ workspace_id: number; profile_id: string }>({
    name: 'segment_wake_due',
    text: 'select workspace_id, profile_id from segment_wake where wake_at <= $1 order by wake_at limit $2',
    values: [options.at, options.limit],
  });
  return rows;
}

const COUNTED_MAX = 100_000;

/** How many profiles' wakes are due, no further than is worth knowing. By index segment_wake_at. */
export async function countDueWakes(sql: Sql, at: Date): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    name: 'segment_wake_count',
    // every workspace: one worker serves them all.
    text: `select count(*)::int as n from (select from segment_wake where wake_at <= $1 limit ${COUNTED_MAX}) due`,
    values: [at],
  });
  return rows[0]!.n;
}
