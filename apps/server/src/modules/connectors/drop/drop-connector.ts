import type { Connector } from '../connector.ts';

/** Files that somebody hands over; nobody calls. */
export const dropConnector: Connector = {
  kind: 'drop',
  verify: () => ({ kind: 'refused' }),
  normalise: () => ({ kind: 'ignored', reason: 'a feed of files takes no deliveries' }),
};
