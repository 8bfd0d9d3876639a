import { setImmediate as breathe } from 'node:timers/promises';
import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import { seal, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import type { Committer } from '../../events/index.ts';
import { beginFilling, fillList, noteListing } from './fill-list.ts';
import { endImport, type ImportRow, isPassingFault, listForsaken, moveImport, takeImport } from './import-store.ts';
import { BATCH_ROWS, type Judged, openJudge, type RowJudge } from './judge-rows.ts';
import { findEndedOrders, insertEndedOrders } from './order-store.ts';
import { planOf } from './read-file.ts';
import { readBytes } from './piece-store.ts';
import { forgetRejects, insertRejects, REJECTS_MAX } from './reject-store.ts';
import { RECORD_BYTES_MAX, splitRecords } from './split-records.ts';

/** A round ends after so many, so that a stop need not wait for a whole file. */
const ROUND_BATCHES = 20;
const WINDOW_BYTES = 4 * RECORD_BYTES_MAX;
const ROW_TEXT_BYTES_MAX = 4_096;
const SAID_CHARS_MAX = 500;
const [LF, CR] = [10, 13];
const KEPT_MS = 7 * 86_400_000;
const FORGOTTEN_AT_ONCE = 10_000;

/** Somebody else works on it, or it was cancelled. */
class TakenAway extends Error {}

interface Deps {
  readonly committer: Committer;
  readonly processId: string;
}

/** An import that fails so often in a row for a reason of its own is ended. */
const FAILURES_MAX = 5;
/** By database and import: how often in a row. */
const failures = new WeakMap<Services['postgres'], Map<string, number>>();

/**
 * A round of work on imports: takes the one that has waited longest and reads some batches of it. The events of a batch, its
 * rejected rows and the place in the file are of one transaction, so whoever goes on after a crash leaves nothing out and
 * takes nothing twice. Answers how many rows it read.
 */
export async function runImports(services: Services, deps: Deps): Promise<number> {
  const row = await takeImport(services.postgres, deps.processId);
  if (row === undefined) return 0;
  const ctx = createContext(services, row.workspace_id, { kind: 'system', name: 'imports' });
  const known = failures.get(services.postgres) ?? new Map<string, number>();
  failures.set(services.postgres, known);
  try {
    const rows = await workOn(ctx, deps, row);
    known.delete(row.id);
    return rows;
  } catch (error) {
    if (isPassingFault(error)) throw error;
    const times = (known.get(row.id) ?? 0) + 1;
    known.set(row.id, times);
    if (times < FAILURES_MAX) throw error;
    known.delete(row.id);
    ctx.logger.error({ error, import: publicId('imp', row.id) }, 'an import was given up');
    await end(ctx, row, { state: 'failed', reason: GIVEN_UP });
    return 1;
  }
}

const GIVEN_UP = `rows could not be stored, ${FAILURES_MAX} times in a row; the log of the server says why. What was taken before stays`;

async function workOn(ctx: Ctx, deps: Deps, row: ImportRow): Promise<number> {
  if (row.list_id !== null && row.borders !== null) {
    return goOnFilling(ctx, { ...row, list_id: row.list_id, borders: row.borders }, deps.processId);
  }
  const run = await openRun(ctx, row);
  if (run === undefined) return 1;
  let { rows_rejected: rejected } = row;
  let rows = 0;
  let read = await run.next();
  for (let batch = 0; batch < ROUND_BATCHES; batch++) {
    if (read.judged.taken === 0 && read.isEnd) {
      if (row.list_id !== null) await beginFilling(ctx, row, deps.processId);
      else await end(ctx, row, { state: 'done', reason: null });
      return rows + 1;
    }
    const from = run.place;
    run.move(read);
    const { rows: counted } = read.judged;
    try {
      const keepsRejects = rejected < REJECTS_MAX;
      const committing = commitBatch(ctx, deps, { row, from, read, keys: run.keys, keepsRejects });
      [read] = await Promise.all([readMeanwhile(run), committing]);
    } catch (error) {
      if (isTakenAway(error)) return rows;
      throw error;
    }
    rejected += counted.rejected;
    rows += counted.read;
  }
  return rows;
}

const LIST_GONE = 'its rows are taken, but the list was archived meanwhile: not everybody was put on it';

/** The rows are taken, the list is not full yet. Answers how many were put on it; none while their events are processed. */
async function goOnFilling(ctx: Ctx, row: Parameters<typeof fillList>[1], owner: string): Promise<number> {
  const filled = await fillList(ctx, row, owner);
  switch (filled.kind) {
    case 'waiting':
    case 'takenAway':
      return 0;
    case 'some':
      return filled.nodes;
    case 'noList':
      await end(ctx, row, { state: 'failed', reason: LIST_GONE });
      return 1;
    case 'all':
      await end(ctx, row, { state: 'done', reason: null });
      return 1;
  }
}

/** The next batch is judged while the database writes the one before; first that one is sent off. */
async function readMeanwhile(run: Run): Promise<Read> {
  await breathe();
  await breathe();
  return run.next();
}

/** The committer wraps what stops a transaction. */
function isTakenAway(error: unknown): boolean {
  return error instanceof TakenAway || (error instanceof Error && error.cause instanceof TakenAway);
}

interface Read {
  readonly judged: Judged & { readonly taken: number };
  readonly place: number;
  readonly line: number;
  readonly isInside: boolean;
  readonly isEnd: boolean;
}

async function openRun(ctx: Ctx, row: ImportRow): Promise<Run | undefined> {
  const plan = await planOf(ctx, row, row);
  if (plan.kind === 'refused') {
    await end(ctx, row, { state: 'failed', reason: plan.message });
    return undefined;
  }
  const findEnded = (orders: readonly string[]) => findEndedOrders(ctx.sql, row, orders);
  const of = { importId: row.id, source: row.source, saidAtMs: row.created_at.getTime(), findEnded };
  const judge = await openJudge(ctx, plan.plan, of);
  const run = new Run(ctx, { row, judge, delimiter: plan.delimiter, keys: await ctx.keysOf(ctx.workspaceId) });
  await run.open(plan.file.head.place);
  return run;
}

/** Reads on from the place an import has come to; what was read of the file is kept for the next batch. */
class Run {
  readonly keys: WorkspaceKeys;
  place: number;
  #line: number;
  #isInside = false;
  #window: Buffer = Buffer.alloc(0);
  #isLast = false;
  readonly #ctx: Ctx;
  readonly #row: ImportRow;
  readonly #judge: RowJudge;
  readonly #delimiter: string | undefined;

  constructor(ctx: Ctx, of: { row: ImportRow; judge: RowJudge; delimiter: string | undefined; keys: WorkspaceKeys }) {
    this.#ctx = ctx;
    this.#row = of.row;
    this.#judge = of.judge;
    this.#delimiter = of.delimiter;
    this.keys = of.keys;
    this.place = of.row.place;
    this.#line = of.row.lines + 1;
  }

  /** Finds out whether it goes on inside a line too long for a row: `headPlace` apart, a row begins behind a line break. */
  async open(headPlace: number): Promise<void> {
    if (this.place <= headPlace) return;
    const [before] = await this.#readFrom(this.place - 1, 1);
    this.#isInside = before !== LF && before !== CR;
  }

  async next(): Promise<Read> {
    if (!this.#isLast && this.#window.length < WINDOW_BYTES) await this.#fill();
    const split = splitRecords(this.#window, {
      ...{ delimiter: this.#delimiter, line: this.#line, isLast: this.#isLast, isInside: this.#isInside },
      recordsMax: BATCH_ROWS,
    });
    const isEnd = this.#isLast && split.end === this.#window.length;
    const judged = await this.#judge.judge(split.records, isEnd);
    const next = split.records[judged.taken];
    const at = next === undefined ? split : { end: next.start, line: next.line, isInside: false };
    return { judged, place: this.place + at.end, line: at.line, isInside: at.isInside, isEnd };
  }

  move({ place, line, isInside }: Read): void {
    this.#window = this.#window.subarray(place - this.place);
    this.place = place;
    this.#line = line;
    this.#isInside = isInside;
  }

  async #fill(): Promise<void> {
    this.#window = await this.#readFrom(this.place, WINDOW_BYTES);
    this.#isLast = this.place + this.#window.length >= this.#row.size_bytes;
  }

  #readFrom(place: number, bytesMin: number): Promise<Buffer> {
    const { workspaceId, sql } = this.#ctx;
    return readBytes(sql, { workspaceId, importId: this.#row.id, keys: this.keys }, { place, bytesMin });
  }
}

async function commitBatch(
  ctx: Ctx,
  deps: Deps,
  batch: { row: ImportRow; from: number; read: Read; keys: WorkspaceKeys; keepsRejects: boolean },
): Promise<void> {
  const { row, from, read, keys, keepsRejects } = batch;
  const { workspaceId } = ctx;
  const { events, rejects, rows, endedOrders } = read.judged;
  const alongside = async (sql: Sql): Promise<void> => {
    const to = { owner: deps.processId, place: read.place, lines: read.line - 1, ...rows };
    if (!(await moveImport(sql, { ...row, place: from }, to))) throw new TakenAway('the import is no longer ours');
    await insertEndedOrders(sql, row, endedOrders);
    if (row.list_id !== null) await noteListing(sql, row, { events, keys });
    if (keepsRejects) await insertRejects(sql, { workspaceId, importId: row.id }, sealRejects(rejects, keys));
  };
  if (events.length === 0) return inTransaction(ctx, (ctx) => alongside(ctx.sql));
  const sizeBytes = read.place - from;
  await deps.committer.commit({ workspaceId, events, sizeBytes, isHearsay: true, alongside });
}

function sealRejects(rejects: Judged['rejects'], keys: WorkspaceKeys) {
  return rejects.map(({ record, column, message }) => {
    const text = Buffer.from(JSON.stringify(record.cells));
    // Of a row of which only a part is kept nobody could say whose it is, once she is to be erased.
    const isWhole = text.length <= ROW_TEXT_BYTES_MAX && record.end - record.start <= ROW_TEXT_BYTES_MAX;
    const sealed = isWhole ? seal(keys.wrapping, text) : null;
    return { line: record.line, at_column: storable(column), message: storable(message), sealed };
  });
}

/** What a file calls its fields need not be text that can be stored, nor short. */
function storable(text: string): string {
  return text.slice(0, SAID_CHARS_MAX).replaceAll(/[\0\p{Surrogate}]/gu, '\uFFFD');
}

async function end(ctx: Ctx, row: ImportRow, how: { state: 'done' | 'failed'; reason: string | null }): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const ended = await endImport(ctx.sql, row, { ...how, at: new Date(ctx.clock.now()) });
    if (ended === undefined) return;
    const { rows_read: read, rows_accepted: accepted, rows_rejected: rejected } = ended;
    const detail = { kind: row.kind, read, accepted, rejected };
    await recordAudit(ctx, { action: `import.${how.state}`, subject: publicId('imp', row.id), detail });
  });
}

/** Forgets what is 7 days old: rejected rows of imports that have ended, and files nobody started. Answers how much. */
export async function forgetImports(services: Services): Promise<number> {
  const before = new Date(services.clock.now() - KEPT_MS);
  const forsaken = await listForsaken(services.postgres, before);
  for (const row of forsaken) {
    const ctx = createContext(services, row.workspace_id, { kind: 'system', name: 'imports' });
    await end(ctx, row, { state: 'failed', reason: 'nobody started it within 7 days; what was uploaded is deleted' });
  }
  return forsaken.length + (await forgetRejects(services.postgres, { before, limit: FORGOTTEN_AT_ONCE }));
}
