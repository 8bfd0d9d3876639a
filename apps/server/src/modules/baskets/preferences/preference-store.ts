import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { BasketOwner } from '../basket.ts';
import type { Preference, PreferenceValue } from './preference.ts';

/** One of the places whose words make up what somebody prefers. */
export interface Part {
  readonly id: string;
  readonly version: number;
}

/**
 * The places that each of these shares with others: all that are linked to its customer; a guest's has only itself. Those that
 * are not there are left out. By the primary key, `preference_set_profile` and `preference_set_node`.
 */
export async function listParts(
  sql: Sql,
  workspaceId: number,
  setIds: readonly string[],
): Promise<Map<string, readonly Part[]>> {
  if (setIds.length === 0) return new Map();
  const { rows } = await sql.query<{ asked: string; id: string; version: number }>({
    name: 'preference_parts',
    text: `select own.id as asked, part.id, part.version
           from preference_set own cross join lateral (
             select own.id, own.version where not own.is_linked
             union all
             select s.id, s.version from preference_set s
             where own.is_linked and s.workspace_id = $1 and s.profile_id = own.profile_id and s.is_linked
             union all
             select s.id, s.version from preference_set s
             where own.is_linked and own.profile_id is null and s.workspace_id = $1 and s.node = own.node and s.is_linked
           ) part
           where own.workspace_id = $1 and own.id = any($2::uuid[]) order by own.id, part.id`,
    values: [workspaceId, arrayLiteral(setIds)],
  });
  const parts = new Map<string, Part[]>();
  for (const { asked, id, version } of rows) {
    const known = parts.get(asked);
    if (known === undefined) parts.set(asked, [{ id, version }]);
    else known.push({ id, version });
  }
  return parts;
}

/** The places that are linked to a customer, those that were used longest ago first. By `preference_set_profile` or `preference_set_node`. */
export async function listPartsOf(sql: Sql, workspaceId: number, owner: BasketOwner): Promise<readonly Part[]> {
  const { rows } = await sql.query<{ id: string; version: number }>({
    name: owner.profileId === null ? 'preference_parts_of_node' : 'preference_parts_of_profile',
    text: `select id, version from preference_set where workspace_id = $1 and is_linked
             and ${owner.profileId === null ? 'node = $2::bigint' : 'profile_id = $2::uuid'} order by updated_at, id`,
    values: [workspaceId, owner.profileId ?? owner.node],
  });
  return rows;
}

interface PreferenceRow {
  set_id: string;
  name: string;
  value: PreferenceValue | null;
  said_at_ms: number;
  said_by: string;
}

/** All that was said in these places, given up ones too. By the primary key. */
export async function readPreferences(
  sql: Sql,
  workspaceId: number,
  setIds: readonly string[],
): Promise<(Preference & { readonly setId: string })[]> {
  if (setIds.length === 0) return [];
  const { rows } = await sql.query<PreferenceRow>({
    name: 'preference_read',
    text: `select set_id, name, value, said_at_ms, said_by from preference
           where workspace_id = $1 and set_id = any($2::uuid[]) order by set_id, name`,
    values: [workspaceId, arrayLiteral(setIds)],
  });
  return rows.map(({ set_id: setId, name, value, said_at_ms: saidAtMs, said_by: saidBy }) => ({
    ...{ setId, name, value, saidAtMs, saidBy },
  }));
}

export async function putPreferences(
  sql: Sql,
  workspaceId: number,
  { setId, preferences }: { setId: string; preferences: readonly Preference[] },
): Promise<void> {
  if (preferences.length === 0) return;
  const records = preferences.map(({ name, value, saidAtMs, saidBy }) => ({
    ...{ name, value, said_at_ms: saidAtMs, said_by: saidBy },
  }));
  await sql.query({
    name: 'preference_put',
    text: `insert into preference (workspace_id, set_id, name, value, said_at_ms, said_by)
           select $1::integer, $2::uuid, name, value, said_at_ms, said_by
           from jsonb_populate_recordset(null::preference, $3::jsonb) order by name
           on conflict (workspace_id, set_id, name) do update set
             value = excluded.value, said_at_ms = excluded.said_at_ms, said_by = excluded.said_by`,
    values: [workspaceId, setId, JSON.stringify(records)],
  });
}
