import type { Json } from '../../platform/json.ts';
import { createTableKeeper } from '../../platform/personal-data/index.ts';
import { openProof } from './proof.ts';

const ROW = { profiles: ['profile_id'], nodes: ['node_id'], order: ['occurred_at', 'id'], sealed: ['proof'] };

/**
 * What she agreed to and refused, with its proof. Erased whole: that an address must not be written to stays in
 * `suppression`, where it is a keyed hash.
 */
export const consentPersonalData = createTableKeeper({
  name: 'consent',
  tables: [
    { ...ROW, table: 'consent_record', kind: 'consent', hidden: ['address_hash'] },
    { ...ROW, table: 'consent_signal', kind: 'consentSignal' },
    { ...ROW, table: 'consent_wish', kind: 'wish' },
    { table: 'consent_state', profiles: ['profile_id'], order: ['channel', 'topic'] },
    { table: 'consent_merge', profiles: ['profile_id', 'from_profile', 'into_profile'], order: ['seq'] },
    {
      table: 'consent_confirmation',
      kind: 'consentConfirmation',
      profiles: ['profile_id'],
      nodes: ['node_id'],
      order: ['asked_at', 'id'],
      hidden: ['address_hash', 'asked_address'],
    },
  ],
  async open(ctx, _column, rows) {
    const keys = await ctx.keysOf(ctx.workspaceId);
    return rows.map(({ sealed }) => (sealed === null ? undefined : (openProof(keys, sealed) as Json)));
  },
});
