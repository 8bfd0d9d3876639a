import type { Services } from '../context.ts';
import { defineMetrics } from '../metrics/index.ts';
import { isRetryable } from '../postgres/index.ts';
import { moveCursors, type ReaderName } from './lease.ts';
import { DEAD_LETTERS_IN_A_ROW_MAX, type DeadLetterTally, halve, type LeasedRun } from './processor.ts';
import { RetryBatch } from './retry-batch.ts';

const readerMetrics = defineMetrics((metrics) => ({
  skipped: metrics.counter({
    name: 'segue_reader_skipped_events_total',
    help: 'Events a reader other than the processor passed by because it could not take them.',
    labels: ['reader'],
  }),
}));

interface ReadOptions {
  readonly reader: ReaderName;
  readonly processId: string;
  readonly runs: readonly LeasedRun[];
  readonly tally: DeadLetterTally;
  /** Takes runs and moves their cursors in one transaction, or throws and has changed nothing. Answers how many events were its. */
  write(runs: readonly LeasedRun[]): Promise<number>;
}

/**
 * Reads on past an event that can never be taken: what fails is halved, as in the processor, until one event is left, and
 * that one is passed by, counted and said aloud. No letter is kept: the event itself is where it was, in the log and the
 * history, and no replay goes through this reader. What may succeed later, and failure after failure without a success
 * between, is thrown: the reader waits.
 */
export async function readPastPoison(services: Services, options: ReadOptions): Promise<void> {
  const { runs, tally } = options;
  try {
    if ((await options.write(runs)) > 0) tally.inARow = 0;
  } catch (error) {
    if (error instanceof RetryBatch || isRetryable(error)) throw error;
    const events = runs.reduce((sum, { run }) => sum + run.lines.length, 0);
    if (events <= 1) return skip(services, options, error);
    const { reader } = options;
    services.logger.warn({ error, reader, events }, 'a reader failed; halving its batch to find the event at fault');
    for (const half of halve(runs)) await readPastPoison(services, { ...options, runs: half });
  }
}

async function skip(services: Services, options: ReadOptions, cause: unknown): Promise<void> {
  const { reader, processId, tally } = options;
  const [first] = options.runs;
  if (first === undefined || tally.inARow >= DEAD_LETTERS_IN_A_ROW_MAX) {
    throw new Error(`every event fails: the reader ${reader} stands still`, { cause });
  }
  const { lease, run } = first;
  const moves = [{ lease, begunSeq: run.firstSeq - 1, seq: run.firstSeq }];
  await moveCursors(services.postgres, { reader, processId, moves });
  lease.seq = run.firstSeq;
  tally.inARow++;
  readerMetrics(services).skipped.inc({ reader });
  const { log, lane, firstSeq: seq } = run;
  services.logger.error({ error: cause, reader, log, lane, seq }, 'a reader passed an event by that it cannot take');
}
