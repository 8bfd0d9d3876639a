import type { MemberCause } from '@segue/contract';
import { arrayLiteral, isRetryable, type Sql } from '../../platform/postgres/index.ts';
import { listExisting } from '../profiles/index.ts';

export interface MemberChange {
  readonly segmentId: string;
  readonly profileId: string;
}

export interface NewMember extends MemberChange {
  readonly cause: MemberCause;
}

export async function insertMembers(
  sql: Sql,
  workspaceId: number,
  options: { members: readonly NewMember[]; at: Date },
): Promise<void> {
  const { members, at } = options;
  if (members.length === 0) return;
  await sql.query({
    name: 'segment_member_insert',
    text: `insert into segment_member (workspace_id, segment_id, profile_id, entered_at, cause)
           select $1, segment_id, profile_id, $4, cause
           from unnest($2::uuid[], $3::uuid[], $5::text[]) as m(segment_id, profile_id, cause)
           on conflict do nothing`,
    values: [
      workspaceId,
      arrayLiteral(members.map((m) => m.segmentId)),
      arrayLiteral(members.map((m) => m.profileId)),
      at,
      arrayLiteral(members.map((m) => m.cause)),
    ],
  });
}

/** Of these segments those that hold these profiles by their rows. By index segment_member_profile. */
export async function listRows(
  sql: Sql,
  workspaceId: number,
  question: { segmentIds: readonly string[]; profileIds: readonly string[] },
): Promise<MemberChange[]> {
  const { rows } = await sql.query<{ segment_id: string; profile_id: string }>({
    name: 'segment_member_rows',
    text: `select segment_id, profile_id from segment_member
           where workspace_id = $1 and profile_id = any($2::uuid[]) and segment_id = any($3::uuid[])`,
    values: [workspaceId, arrayLiteral(question.profileIds), arrayLiteral(question.segmentIds)],
  });
  return rows.map((row) => ({ segmentId: row.segment_id, profileId: row.profile_id }));
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

/** It fails for a while, whomever it is about. */
export function isDatabaseTrouble(error: unknown): boolean {
  return isRetryable(error);
}

const ATTEMPTS_MAX = 5;

/**
 * Forgets the members of a segment that is gone and the history of its leaves. In a transaction of its own after the cut:
 * batches hold such rows locked before they come to their cursors, so under the cut both would wait for each other.
 */
export async function forgetRows(
  sql: Sql,
  workspaceId: number,
  gone: { segmentId?: string; generations: readonly number[] },
): Promise<void> {
  const { segmentId, generations } = gone;
  if (segmentId !== undefined) {
    const values = [workspaceId, segmentId];
    await repeated(() =>
      sql.query({ text: 'delete from segment_member where workspace_id = $1 and segment_id = $2', values }),
    );
    await repeated(() =>
      sql.query({ text: 'delete from segment_candidate where workspace_id = $1 and segment_id = $2', values }),
    );
  }
  await repeated(() =>
    sql.query({
      text: 'delete from leaf_state where workspace_id = $1 and generation = any($2::integer[])',
      values: [workspaceId, generations],
    }),
  );
}

/** Statements of their own that may lock up with a batch. */
async function repeated(run: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await run();
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
): Promise<{ profile_id: string; entered_at: Date; cause: MemberCause }[]> {
  const { rows } = await sql.query<{ profile_id: string; entered_at: Date; cause: MemberCause }>({
    text: `select profile_id, entered_at, cause from segment_member
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
           where m.workspace_id = $1 and m.profile_id = $2 and s.status <> 'archived' and s.kind = 'segment'
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

const WAKES_AT_ONCE = 10_000;

/** Sets wakes that may be set already for earlier, or by somebody else meanwhile: the earliest stays. Sorted, so that it locks up with nobody else who sorts. */
export async function saveEarlierWakes(sql: Sql, workspaceId: number, wakes: readonly Wake[]): Promise<void> {
  const sorted = wakes.toSorted((a, b) => (a.profileId < b.profileId ? -1 : 1));
  for (let first = 0; first < sorted.length; first += WAKES_AT_ONCE) {
    const page = sorted.slice(first, first + WAKES_AT_ONCE);
    await repeated(() =>
      sql.query({
        name: 'segment_wake_earlier',
        text: `insert into segment_wake as w (workspace_id, profile_id, wake_at)
               select $1, profile_id, to_timestamp(wake_ms / 1000.0) from unnest($2::uuid[], $3::bigint[]) as n(profile_id, wake_ms)
               on conflict (workspace_id, profile_id) do update set wake_at = excluded.wake_at where w.wake_at > excluded.wake_at`,
        values: [workspaceId, arrayLiteral(page.map((w) => w.profileId)), arrayLiteral(page.map((w) => w.atMs))],
      }),
    );
  }
}

/** Takes away rows of profiles that were merged away or erased while history still named them. */
export async function forgetGone(sql: Sql, workspaceId: number, segmentId: string): Promise<void> {
  let afterId: string | null = null;
  for (;;) {
    const rows: { profile_id: string }[] = await listMembers(sql, workspaceId, {
      segmentId,
      afterId,
      limit: WAKES_AT_ONCE,
    });
    const ids: string[] = rows.map((row) => row.profile_id);
    const last: string | undefined = ids.at(-1);
    if (last === undefined) return;
    afterId = last;
    const existing = new Set(await listExisting(sql, workspaceId, ids));
    const gone = ids.filter((profileId) => !existing.has(profileId));
    if (gone.length > 0) await deleteMerged(sql, workspaceId, gone);
  }
}

export async function deleteWakes(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<void> {
  if (profileIds.length === 0) return;
  await sql.query({
    name: 'segment_wake_delete',
    text: 'delete from segment_wake where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: [workspaceId, profileIds],
  });
}

/** Takes away those of these wakes that are still due: another process may have set some anew since they were listed. */
export async function takeDueWakes(
  sql: Sql,
  workspaceId: number,
  wakes: { profileIds: readonly string[]; at: Date },
): Promise<string[]> {
  if (wakes.profileIds.length === 0) return [];
  const { rows } = await sql.query<{ profile_id: string }>({
    name: 'segment_wake_take',
    text: `delete from segment_wake where workspace_id = $1 and profile_id = any($2::uuid[]) and wake_at <= $3
           returning profile_id`,
    values: [workspaceId, arrayLiteral(wakes.profileIds), wakes.at],
  });
  return rows.map((row) => row.profile_id);
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
