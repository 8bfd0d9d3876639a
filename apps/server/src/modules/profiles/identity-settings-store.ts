import type { IdentitySettings } from '@segue/contract';
import type { Sql } from '../../platform/postgres/index.ts';

export interface IdentitySettingsRow {
  /** Null until somebody decided. */
  settings: IdentitySettings | null;
  /** Every kind the workspace ever made, by code. */
  names: Record<string, string>;
}

/** One query. */
export async function readIdentitySettings(sql: Sql, workspaceId: number): Promise<IdentitySettingsRow> {
  const { rows } = await sql.query<IdentitySettingsRow>({
    name: 'identity_settings_read',
    text: `select (select settings from identity_settings where workspace_id = $1) as settings,
             (select coalesce(jsonb_object_agg(code, name), '{}') from identity_kind where workspace_id = $1) as names`,
    values: [workspaceId],
  });
  return rows[0]!;
}

export async function writeIdentitySettings(
  sql: Sql,
  workspaceId: number,
  change: { settings: IdentitySettings; at: Date },
): Promise<void> {
  await sql.query({
    text: `insert into identity_settings (workspace_id, settings, updated_at) values ($1, $2, $3)
           on conflict (workspace_id) do update set settings = excluded.settings, updated_at = excluded.updated_at`,
    values: [workspaceId, JSON.stringify(change.settings), change.at],
  });
}

export async function insertIdentityKinds(
  sql: Sql,
  workspaceId: number,
  kinds: readonly { code: number; name: string }[],
): Promise<void> {
  await sql.query({
    text: `insert into identity_kind (workspace_id, code, name)
           select $1, code, name from unnest($2::smallint[], $3::text[]) as m(code, name)`,
    values: [workspaceId, kinds.map(({ code }) => code), kinds.map(({ name }) => name)],
  });
}
