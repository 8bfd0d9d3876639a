import type { JsonObject } from '../../platform/json.ts';
import type { Sql } from '../../platform/postgres/index.ts';

export interface AuditRow {
  id: string;
  at: Date;
  actor_kind: string;
  actor_id: string;
  ip: string | null;
  action: string;
  subject: string | null;
  detail: JsonObject | null;
  /** Null: written before there was a chain. */
  seq: number | null;
  hash: Buffer | null;
}

export interface ListedAuditRow extends AuditRow {
  actor_name: string | null;
}

/** Newest first. `action` is a whole action, or a noun for all of its actions; found by `audit_entry_action`. */
export async function listAuditEntries(
  sql: Sql,
  workspaceId: number,
  asked: {
    limit: number;
    beforeId?: string | undefined;
    actorId?: string | undefined;
    action?: string | undefined;
    subject?: string | undefined;
    from?: Date | undefined;
    to?: Date | undefined;
  },
): Promise<ListedAuditRow[]> {
  const { limit, beforeId, actorId, action, subject, from, to } = asked;
  const { rows } = await sql.query<ListedAuditRow>({
    text: `select a.id, a.at, a.actor_kind, a.actor_id, a.ip, a.action, a.subject, a.detail, a.seq, a.hash, coalesce(l.name, k.name) as actor_name
           from audit_entry a
             left join member m on a.actor_kind = 'member' and m.workspace_id = a.workspace_id and m.id::text = a.actor_id
             left join login l on l.id = m.login_id
             left join api_key k on a.actor_kind = 'apiKey' and k.workspace_id = a.workspace_id and k.id::text = a.actor_id
           where a.workspace_id = $1
             and ($3::uuid is null or a.id < $3)
             and ($4::text is null or a.actor_id = $4)
             and ($5::text is null
               or split_part(a.action, '.', 1) = split_part($5, '.', 1) and (a.action = $5 or strpos($5, '.') = 0))
             and ($6::text is null or a.subject = $6)
             and ($7::timestamptz is null or a.at >= $7)
             and ($8::timestamptz is null or a.at < $8)
           order by a.id desc limit $2`,
    values: [
      workspaceId,
      limit,
      beforeId ?? null,
      actorId ?? null,
      action ?? null,
      subject ?? null,
      from ?? null,
      to ?? null,
    ],
  });
  return rows;
}
