import type { LifecycleSettings } from '@segue/contract';

import type { Sql } from '../../../platform/postgres/index.ts';

/** Undefined: nobody said yet how stages are told. */
export async function readLifecycleSettings(sql: Sql, workspaceId: number): Promise<LifecycleSettings | undefined> {
  const { rows } = await sql.query<{ settings: LifecycleSettings }>({
    text: 'select settings from lifecycle_settings where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0]?.settings;
}

export async function saveLifecycleSettings(
  sql: Sql,
  workspaceId: number,
  said: { settings: LifecycleSettings; at: Date },
): Promise<void> {
  await sql.query({
    text: `insert into lifecycle_settings (workspace_id, settings, changed_at) values ($1, $2, $3)
           on conflict (workspace_id) do update set settings = excluded.settings, changed_at = excluded.changed_at`,
    values: [workspaceId, JSON.stringify(said.settings), said.at],
  });
}
