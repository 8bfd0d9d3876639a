import type { Handover, NodeRef } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { type SourceColumns, toSource } from './message-store.ts';
import type { ChannelName, MessageSource, MessageStatus } from './types.ts';

/** Gives what belonged to merged profiles to the surviving ones: messages and counts, one statement each. */
export async function moveToProfiles(sql: Sql, workspaceId: number, moves: ReadonlyMap<string, string>): Promise<void> {
  if (moves.size === 0) return;
  const values = [workspaceId, [...moves.keys()], [...moves.values()]];
  for (const table of ['message', 'cap_window']) {
    await sql.query({
      name: `${table}_move`,
      text: `update ${table} t set profile_id = m.target from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
             where t.workspace_id = $1 and t.profile_id = m.origin`,
      values,
    });
  }
}

/**
 * Gives the messages of handed over nodes to whom the nodes went: what was sent with the node of the address it went to, what
 * still waits with that of its cause. Counts against the cap follow their messages. By index message_profile.
 */
export async function moveWithNodes(sql: Sql, workspaceId: number, handovers: readonly Handover[]): Promise<void> {
  const moves = handovers.flatMap(({ from, into, nodes }) =>
    nodes.map((node) => ({ from: from.id, into: into.id, node: node.id })),
  );
  if (moves.length === 0) return;
  await sql.query({
    name: 'message_move_nodes',
    text: `update message t set profile_id = m.target
           from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as m(origin, target, node)
           where t.workspace_id = $1 and t.profile_id = m.origin
             and case t.status when 'queued' then t.node_id else coalesce(t.address_node, t.node_id) end = m.node`,
    values: [workspaceId, moves.map((m) => m.from), moves.map((m) => m.into), moves.map((m) => m.node)],
  });
  await sql.query({
    name: 'cap_window_follow',
    text: `update cap_window c set profile_id = m.profile_id from message m
           where c.workspace_id = $1 and c.profile_id = any($2::uuid[])
             and m.workspace_id = $1 and m.id = c.message_id and m.profile_id <> c.profile_id`,
    values: [workspaceId, [...new Set(moves.map((m) => m.from))]],
  });
}

/** A message of a journey as far as it matters whether it is a second one. */
export interface RunMessage {
  readonly id: string;
  readonly profileId: string;
  readonly node: NodeRef;
  readonly channel: ChannelName;
  readonly topic: string;
  readonly templateId: string;
  readonly status: MessageStatus;
  readonly source: Extract<MessageSource, { kind: 'journey' }>;
}

interface RunMessageRow extends SourceColumns {
  id: string;
  profile_id: string;
  node_kind: number;
  node_id: number;
  channel: ChannelName;
  topic: string;
  template_id: string;
  status: MessageStatus;
}

/** Messages of journeys that wait, or went since `sinceMs`, by their profiles. Locked, oldest first. By index message_profile. */
export async function lockRunMessages(
  sql: Sql,
  workspaceId: number,
  wanted: { profileIds: readonly string[]; sinceMs: number },
): Promise<RunMessage[]> {
  const { rows } = await sql.query<RunMessageRow>({
    name: 'message_lock_of_runs',
    text: `select id, profile_id, node_kind, node_id, channel, topic, template_id, status, source, journey_id, journey_version,
             run_id, step_id, confirmation_id
           from message where workspace_id = $1 and profile_id = any($2::uuid[]) and source = 'journey'
             and (status = 'queued' or (status in ('sending', 'sent', 'unknown') and sending_at > $3))
           order by id for update`,
    values: [workspaceId, wanted.profileIds, new Date(wanted.sinceMs)],
  });
  return rows.flatMap((row) => {
    const source = toSource(row);
    if (source.kind !== 'journey') return [];
    const node = { kind: row.node_kind, id: row.node_id };
    const { id, channel, topic, status } = row;
    return [{ id, profileId: row.profile_id, node, channel, topic, templateId: row.template_id, status, source }];
  });
}
