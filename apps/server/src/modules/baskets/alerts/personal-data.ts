import { createTableKeeper } from '../../../platform/personal-data/index.ts';

/** What alerts keep about customers: what they wait for, and what they were told. */
export const alertsPersonalData = createTableKeeper({
  name: 'alerts',
  tables: [
    { table: 'alert_telling', kind: 'alertTelling', profiles: ['profile_id'], nodes: ['node'], order: ['id'] },
    {
      table: 'stock_alert',
      kind: 'alert',
      profiles: ['profile_id'],
      nodes: ['node'],
      order: ['id'],
      hidden: ['joined_into', 'look_at'],
    },
  ],
});
