import type { SubjectPlace } from '../../platform/eventlog/index.ts';
import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';

/** Notes that only the own state of these profiles tells whether anything may be done with them. */
export async function noteWithheld(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<void> {
  if (profileIds.length === 0) return;
  await sql.query({
    name: 'profile_note_withheld',
    text: 'update profile set is_withheld = true where workspace_id = $1 and id = any($2::uuid[]) and not is_withheld',
    values: [workspaceId, arrayLiteral(profileIds)],
  });
}

export async function forgetWithheld(sql: Sql, workspaceId: number, profileId: string): Promise<void> {
  await sql.query({
    text: 'update profile set is_withheld = false where workspace_id = $1 and id = $2',
    values: [workspaceId, profileId],
  });
}

/**
 * Profiles that whoever asks the history rather than each profile has to look at one by one: every restricted one, and
 * every one that took an objection over from another; some of them may be neither.
 */
export async function listWithheld(sql: Sql, workspaceId: number): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>({
    text: 'select id from profile where workspace_id = $1 and is_withheld and merged_into is null',
    values: [workspaceId],
  });
  return rows.map((row) => row.id);
}

/** How far the look for those withheld from before the note has come, locked; undefined: it is over. */
export async function lockWithheldLook(sql: Sql): Promise<SubjectPlace | undefined> {
  const { rows } = await sql.query<{ after_workspace: number; after_id: string }>({
    // every workspace: one look for all.
    text: 'select after_workspace, after_id from withheld_look for update',
    values: [],
  });
  return rows[0] && { workspaceId: rows[0].after_workspace, id: rows[0].after_id };
}

export async function moveWithheldLook(sql: Sql, to: SubjectPlace): Promise<void> {
  await sql.query({
    // every workspace: one look for all.
    text: `update withheld_look set after_workspace = $1, after_id = $2`,
    values: [to.workspaceId, to.id],
  });
}

export async function endWithheldLook(sql: Sql): Promise<void> {
  // every workspace: one look for all.
  await sql.query({ text: 'delete from withheld_look', values: [] });
}
