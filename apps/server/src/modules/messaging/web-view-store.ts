import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { type SourceColumns, toSource } from './message-store.ts';
import type { MessageSource } from './types.ts';

/** What the page of a message is made of. */
export interface SentMessage {
  readonly profileId: string;
  readonly node: NodeRef;
  readonly channel: string;
  readonly topic: string;
  readonly templateId: string | undefined;
  readonly templateVersionId: string | undefined;
  /** Sealed; of a message without a template. */
  readonly inline: Buffer | undefined;
  readonly addressHash: string;
  /** Sealed. */
  readonly shown: Buffer;
  readonly sentAt: number;
  readonly source: MessageSource;
}

interface SentRow extends SourceColumns {
  profile_id: string;
  node_kind: number;
  node_id: number;
  channel: string;
  topic: string;
  template_id: string | null;
  template_version_id: string | null;
  inline: Buffer | null;
  address_hash: string;
  shown: Buffer;
  sending_at: Date;
}

/** Undefined when it never left, or nothing was kept of what it said. */
export async function findSentMessage(sql: Sql, workspaceId: number, id: string): Promise<SentMessage | undefined> {
  const { rows } = await sql.query<SentRow>({
    name: 'message_find_sent',
    text: `select profile_id, node_kind, node_id, channel, topic, template_id, template_version_id, inline, address_hash, shown, sending_at,
             source, journey_id, journey_version, run_id, step_id, confirmation_id
           from message
           where workspace_id = $1 and id = $2 and shown is not null and sending_at is not null
             and (template_version_id is not null or inline is not null) and profile_id is not null and address_hash is not null`,
    values: [workspaceId, id],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  return {
    profileId: row.profile_id,
    node: { kind: row.node_kind, id: row.node_id },
    channel: row.channel,
    topic: row.topic,
    templateId: row.template_id ?? undefined,
    templateVersionId: row.template_version_id ?? undefined,
    inline: row.inline ?? undefined,
    addressHash: row.address_hash,
    shown: row.shown,
    sentAt: row.sending_at.getTime(),
    source: toSource(row),
  };
}
