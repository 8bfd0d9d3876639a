import type { Sql } from '../../platform/postgres/index.ts';

/** Gives messages that were for an address to whom it belongs. */
export async function assignAddressees(
  sql: Sql,
  workspaceId: number,
  messages: readonly { readonly id: string; readonly profileId: string }[],
): Promise<void> {
  if (messages.length === 0) return;
  await sql.query({
    name: 'message_assign',
    text: `update message m set profile_id = a.profile_id from unnest($2::uuid[], $3::uuid[]) as a(id, profile_id)
           where m.workspace_id = $1 and m.id = a.id and m.profile_id is null and m.status = 'queued'`,
    values: [workspaceId, messages.map(({ id }) => id), messages.map(({ profileId }) => profileId)],
  });
}
