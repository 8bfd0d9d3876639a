import { uncompressSync } from 'snappy';
import { decodeEvent, INTAKE_LOG, type LoggedEvent, type LogId } from '../../../platform/eventlog/index.ts';
import type { World } from './world.ts';

/** The lines of every block of a log, in lane order. */
export async function loggedLines(world: World, log: LogId = INTAKE_LOG): Promise<string[]> {
  const { rows } = await world.services.postgres.query<{ payload: Buffer }>({
    text: 'select payload from log_block where log = $1 order by lane, first_seq',
    values: [log],
  });
  return rows.flatMap((row) => uncompressSync(row.payload).toString().split('\n'));
}

export async function loggedEvents(world: World): Promise<LoggedEvent[]> {
  return (await loggedLines(world)).map((line) => decodeEvent(line, { log: INTAKE_LOG, lane: 0, seq: 0 }));
}
