import type { Services } from '../context.ts';
import { forgetProcesses } from './lease.ts';
import { forgetMessageKeys, SEEN_PARTS } from './seen.ts';

const DAY_MS = 86_400_000;
/** Message ids are refused for at least this long. */
const SEEN_DAYS = 8;
/** Blocks every reader has passed are kept this long, for a look at what came. */
const BLOCK_DAYS = 7;
const SLICE_IDS = 5_000;
const SLICE_BLOCKS = 200;

/** Forgets one slice of old message ids and blocks; answers how many rows went. Small deletes never hold up the writers. */
export async function runRetention(services: Services): Promise<number> {
  const beforeDay = Math.floor(services.clock.now() / DAY_MS) - SEEN_DAYS;
  let forgotten = 0;
  for (let part = 0; part < SEEN_PARTS; part++) {
    forgotten += await forgetMessageKeys(services.postgres, { part, beforeDay, limit: SLICE_IDS });
  }
  const { rowCount } = await services.postgres.query({
    text: `delete from log_block where (log, lane, first_seq) in (
             select b.log, b.lane, b.first_seq from log_block b
             where b.committed_at < now() - make_interval(days => ${BLOCK_DAYS})
               and b.first_seq + b.n - 1 <= (select min(c.seq) from log_cursor c where c.log = b.log and c.lane = b.lane)
             limit ${SLICE_BLOCKS})`,
  });
  await forgetProcesses(services.postgres);
  return forgotten + rowCount;
}
