import { createTableKeeper } from '../../platform/personal-data/index.ts';

/** Segments and lists she is in. */
export const segmentsPersonalData = createTableKeeper({
  name: 'segments',
  tables: [
    {
      table: 'segment_member',
      kind: 'segmentMembership',
      profiles: ['profile_id'],
      order: ['segment_id', 'profile_id'],
    },
    {
      table: 'manual_list_member',
      kind: 'listMembership',
      profiles: ['profile_id'],
      nodes: ['node'],
      order: ['list_id', 'node'],
    },
    {
      table: 'segment_wake',
      untold: 'only says when her memberships are looked at again',
      profiles: ['profile_id'],
      order: ['profile_id'],
    },
    {
      table: 'segment_touched',
      untold: 'work that waits: that she is looked at before a new segment is live',
      profiles: ['profile_id'],
      order: ['profile_id'],
    },
    {
      table: 'segment_candidate',
      untold: 'work that waits: that a changed rule is asked of her',
      profiles: ['profile_id'],
      order: ['segment_id', 'profile_id'],
    },
    {
      table: 'leaf_state',
      untold: 'counts her events, each of which is told, for the rules of segments',
      nodes: ['node'],
      order: ['generation', 'node'],
    },
  ],
});
