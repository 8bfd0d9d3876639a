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
      table: 'segment_wake',
      untold: 'only says when her memberships are looked at again',
      profiles: ['profile_id'],
      order: ['profile_id'],
    },
    {
      table: 'leaf_state',
      untold: 'counts her events, each of which is told, for the rules of segments',
      nodes: ['node'],
      order: ['generation', 'node'],
    },
  ],
});
