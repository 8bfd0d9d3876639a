import { open } from '../../platform/crypto/index.ts';
import type { Json } from '../../platform/json.ts';
import { createTableKeeper } from '../../platform/personal-data/index.ts';
import { openNodeKeys } from '../profiles/index.ts';

/** Messages to her, sent or waiting, with what stood in them. */
export const messagingPersonalData = createTableKeeper({
  name: 'messaging',
  tables: [
    {
      table: 'cap_window',
      kind: 'countedMessage',
      profiles: ['profile_id'],
      order: ['channel', 'counted_at', 'message_id'],
    },
    {
      table: 'message',
      kind: 'message',
      profiles: ['profile_id'],
      nodes: ['node_id', 'address_node'],
      order: ['id'],
      sealed: ['variables', 'shown'],
      hidden: ['content_hash', 'address_hash', 'lane_marks', 'owner', 'intent_key'],
    },
  ],
  async open(ctx, _column, rows) {
    const keys = await ctx.keysOf(ctx.workspaceId);
    const nodes = rows.map(({ row }) => Number(row['node_id']));
    const nodeKeys = await openNodeKeys({ sql: ctx.sql, workspaceId: ctx.workspaceId, keys }, nodes);
    return rows.map(({ sealed }, at) => {
      const key = nodeKeys.get(nodes[at]!);
      if (sealed === null || key === undefined) return undefined;
      return JSON.parse(open(key, sealed).toString('utf8')) as Json;
    });
  },
});
