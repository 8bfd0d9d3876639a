import type { History } from '../../../../platform/clickhouse/index.ts';
import { createEventLog } from '../../../../platform/eventlog/index.ts';
import { createLogger } from '../../../../platform/logger/index.ts';
import { createOutbound } from '../../../../platform/outbound/index.ts';
import { openPostgres } from '../../../../platform/postgres/index.ts';
import { createKeyRing } from '../../../accounts/index.ts';
import { runProductFeeds } from '../run-feeds.ts';

/** A process that does one round at an instant: `url secret now`. */
const [url, secret, now] = process.argv.slice(2) as [string, string, string];
const postgres = openPostgres({ url, applicationName: 'feed child', maxConnections: 4 });
const keyRing = createKeyRing(postgres, Buffer.from(secret, 'hex'));
const services = {
  ...{ postgres, logger: createLogger('silent'), log: createEventLog(), keysOf: (id: number) => keyRing.keysOf(id) },
  clock: { now: () => Number(now), realDelayMs: () => 0 },
  // Nothing here asks it.
  history: undefined as unknown as History,
};
const outbound = createOutbound({ allow: ['127.0.0.0/8'] });
await runProductFeeds(services, { outbound, owner: 'child', signal: new AbortController().signal });
await postgres.close();
