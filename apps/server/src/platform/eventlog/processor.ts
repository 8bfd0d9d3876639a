import type { Services } from '../context.ts';
import { isRetryable, type Transaction } from '../postgres/index.ts';
import type { Entry, EventBatch, Merge, Stage, SubjectBatch } from './batch.ts';
import type { Block } from './block.ts';
import { buryLine } from './dead-letters.ts';
import type { LoggedEvent } from './event.ts';
import { type CursorMove, type LaneLease, moveCursors, SILENCE_MS_MAX } from './lease.ts';
import { eventAt, type LaneRun, sliceRun } from './read-blocks.ts';
import { processorMetrics } from './processor-metrics.ts';
import { RetryBatch } from './retry-batch.ts';
import { appendEmitted, OpenBatch } from './subject-batch.ts';

class OpenEventBatch extends OpenBatch implements EventBatch {
  entries: Entry[] = [];
  readonly merges: Merge[] = [];
}

/** Lines of one lane under the lease that allows to process them. */
export interface LeasedRun {
  readonly lease: LaneLease;
  readonly run: LaneRun;
}

/**
 * Dead letters since an event last went through, of one worker. So many without a good one between them point at us (a full
 * disk, a fault in a stage), not at the events: then nothing more is buried, and the events wait for the repair.
 */
export interface DeadLetterTally {
  inARow: number;
}

export const DEAD_LETTERS_IN_A_ROW_MAX = 50;

interface ProcessOptions {
  readonly processId: string;
  readonly stages: readonly Stage[];
  readonly runs: readonly LeasedRun[];
  readonly tally?: DeadLetterTally;
}

export type ProcessResult =
  | { readonly kind: 'done'; readonly events: number; readonly deadLetters: number }
  /** Nothing was written; take the lanes anew and try again. */
  | { readonly kind: 'retry'; readonly reason: string };

/**
 * Processes runs of lines in one transaction: stages, subject states, cursors and emitted events commit together or not
 * at all. A batch that fails for a reason of its own is halved until the event at fault stands alone; that one becomes
 * a dead letter and the rest goes on.
 */
export async function processRuns(services: Services, options: ProcessOptions): Promise<ProcessResult> {
  const { runs, tally = { inARow: 0 } } = options;
  const { batchEvents, batchDuration, retries } = processorMetrics(services);
  const begunAt = performance.now();
  try {
    const { blocks, staged } = await services.postgres.transaction((sql) => processIn(services, sql, options), {
      silenceMsMax: SILENCE_MS_MAX,
    });
    for (const { lease, run } of runs) lease.seq = run.firstSeq + run.lines.length - 1;
    services.log.appended(blocks);
    if (staged > 0) tally.inARow = 0;
    batchEvents.observe(countLines(runs));
    batchDuration.observe((performance.now() - begunAt) / 1_000);
    return { kind: 'done', events: countLines(runs), deadLetters: 0 };
  } catch (error) {
    if (error instanceof RetryBatch || isRetryable(error)) {
      retries.inc();
      return { kind: 'retry', reason: String(error) };
    }
    services.logger.warn({ error, events: countLines(runs) }, 'a batch failed; halving it to find the event at fault');
    return countLines(runs) > 1
      ? processHalves(services, { ...options, tally })
      : buryEvent(services, { ...options, tally, error });
  }
}

async function processIn(
  services: Services,
  sql: Transaction,
  options: ProcessOptions,
): Promise<{ blocks: Block[]; staged: number }> {
  const batches = openBatches(services, sql, options.runs);
  let staged = 0;
  const earsOf = new Map<OpenBatch, Ear>();
  for (const batch of batches) {
    const hears = await openEars(batch, options.stages);
    batch.entries = batch.entries.filter(({ event }) => event.type !== 'internal' || hears(event));
    if (batch.entries.length === 0) continue;
    earsOf.set(batch, hears);
    staged += batch.entries.length;
    for (const stage of options.stages) await runStage(services, stage, batch);
    await batch.save();
  }
  await moveCursors(sql, { reader: 'processor', processId: options.processId, moves: cursorMoves(options.runs) });
  return { blocks: await appendEmitted(sql, batches, (batch, event) => mayBeHeard(earsOf.get(batch)!, event)), staged };
}

async function runStage(services: Services, stage: Stage, batch: EventBatch): Promise<void> {
  const begunAt = performance.now();
  await stage.run(batch);
  const { stageDuration } = processorMetrics(services);
  stageDuration.observe({ stage: stage.name }, (performance.now() - begunAt) / 1_000);
}

type Ear = (event: LoggedEvent) => boolean;

/** Whether any stage acts upon one of Segue's own events. */
async function openEars(batch: SubjectBatch, stages: readonly Stage[]): Promise<Ear> {
  const ears: Ear[] = [];
  for (const stage of stages) if (stage.hears !== undefined) ears.push(await stage.hears(batch));
  return (event) => ears.some((hears) => hears(event));
}

/** One that cannot be asked about fails when its turn comes, not what caused it. */
function mayBeHeard(hears: Ear, event: LoggedEvent): boolean {
  if (event.type !== 'internal') return true;
  try {
    return hears(event);
  } catch {
    return true;
  }
}

function openBatches(services: Services, sql: Transaction, runs: readonly LeasedRun[]): OpenEventBatch[] {
  const batches = new Map<number, OpenEventBatch>();
  for (const { lease, run } of runs) {
    for (let i = 0; i < run.lines.length; i++) {
      if (run.unheard?.[i] === lease.configVersion) continue;
      const event = eventAt(run, i);
      if (event.type === 'map') continue;
      let batch = batches.get(event.workspaceId);
      if (batch === undefined) {
        batch = new OpenEventBatch(services, {
          workspaceId: event.workspaceId,
          sql,
          configVersion: lease.configVersion,
        });
        batches.set(event.workspaceId, batch);
      }
      batch.entries.push({ event, subject: undefined });
    }
  }
  // Subjects are locked workspace by workspace: in the same order everywhere, or two batches lock each other up.
  return [...batches.values()].sort((a, b) => a.workspaceId - b.workspaceId);
}

function cursorMoves(runs: readonly LeasedRun[]): CursorMove[] {
  return runs.map(({ lease, run }) => ({
    lease,
    begunSeq: run.firstSeq - 1,
    seq: run.firstSeq + run.lines.length - 1,
  }));
}

async function processHalves(services: Services, options: ProcessOptions): Promise<ProcessResult> {
  let events = 0;
  let deadLetters = 0;
  for (const runs of halve(options.runs)) {
    const result = await processRuns(services, { ...options, runs });
    if (result.kind === 'retry') return result;
    events += result.events;
    deadLetters += result.deadLetters;
  }
  return { kind: 'done', events, deadLetters };
}

/** Two parts that together are the whole, each lane's order kept. */
export function halve(runs: readonly LeasedRun[]): [LeasedRun[], LeasedRun[]] {
  const first: LeasedRun[] = [];
  const second: LeasedRun[] = [];
  let room = Math.floor(countLines(runs) / 2);
  for (const { lease, run } of runs) {
    const take = Math.min(room, run.lines.length);
    room -= take;
    if (take > 0) first.push({ lease, run: sliceRun(run, 0, take) });
    if (take < run.lines.length) {
      second.push({ lease, run: sliceRun(run, take) });
    }
  }
  return [first, second];
}

async function buryEvent(
  services: Services,
  options: ProcessOptions & { tally: DeadLetterTally; error: unknown },
): Promise<ProcessResult> {
  const { tally } = options;
  if (tally.inARow >= DEAD_LETTERS_IN_A_ROW_MAX) {
    throw new Error('every event fails: the processor stands still', { cause: options.error });
  }
  const { lease, run } = options.runs[0]!;
  const line = run.lines[0]!;
  try {
    await services.postgres.transaction(async (sql) => {
      await moveCursors(sql, {
        reader: 'processor',
        processId: options.processId,
        moves: [{ lease, begunSeq: run.firstSeq - 1, seq: run.firstSeq }],
      });
      await buryLine(sql, {
        log: run.log,
        lane: run.lane,
        seq: run.firstSeq,
        line,
        error: options.error,
        failedAt: services.clock.now(),
      });
    });
  } catch (error) {
    if (error instanceof RetryBatch || isRetryable(error)) return { kind: 'retry', reason: String(error) };
    throw error;
  }
  lease.seq = run.firstSeq;
  tally.inARow++;
  processorMetrics(services).deadLetters.inc();
  services.logger.error(
    { error: options.error, log: run.log, lane: run.lane, seq: run.firstSeq },
    'an event became a dead letter',
  );
  return { kind: 'done', events: 1, deadLetters: 1 };
}

function countLines(runs: readonly LeasedRun[]): number {
  return runs.reduce((sum, { run }) => sum + run.lines.length, 0);
}
