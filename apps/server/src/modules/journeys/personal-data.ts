import { createTableKeeper } from '../../platform/personal-data/index.ts';

/** Her ways through journeys. */
export const journeysPersonalData = createTableKeeper({
  name: 'journeys',
  tables: [{ table: 'journey_run', kind: 'journeyRun', profiles: ['profile_id'], nodes: ['node'], order: ['id'] }],
});
