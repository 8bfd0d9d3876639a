import { createTableKeeper } from '../../platform/personal-data/index.ts';

/** Links of messages to her that were followed, and clicks that wait to be believed. */
export const contentPersonalData = createTableKeeper({
  name: 'content',
  tables: [
    {
      table: 'link_visit',
      kind: 'linkVisit',
      profiles: ["(click -> 'message' ->> 'profileId')::uuid"],
      nodes: ["(click #>> '{message,node,id}')::bigint"],
      order: ['visited_at', 'id'],
    },
  ],
});
