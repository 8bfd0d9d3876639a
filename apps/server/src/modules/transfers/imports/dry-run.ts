import { setImmediate as breathe } from 'node:timers/promises';
import type { AnswerOf, api, RowError } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import type { ImportRow } from './import-store.ts';
import { BATCH_ROWS, openJudge } from './judge-rows.ts';
import { readBytes } from './piece-store.ts';
import type { ReadPlan } from './read-file.ts';
import { splitRecords } from './split-records.ts';

const ERRORS_SHOWN = 20;
const SAMPLE_ROWS = 5;
const WINDOW_BYTES = 4 * 1024 * 1024;

type Answer = AnswerOf<typeof api.dryRunImport>;

/** What would become of the first rows. Changes nothing. */
export async function dryRun(
  ctx: Ctx,
  asked: { row: ImportRow; plan: Extract<ReadPlan, { kind: 'plan' }>; rowsMax: number },
): Promise<Answer> {
  const { row, plan, rowsMax } = asked;
  const { head } = plan.file;
  const of = { importId: row.id, source: row.source, saidAtMs: row.created_at.getTime(), findEnded: async () => [] };
  const judge = await openJudge(ctx, plan.plan, of);
  const keys = await ctx.keysOf(ctx.workspaceId);
  const errors: RowError[] = [];
  const sample: Answer['sample'] = [];
  const rows = { read: 0, accepted: 0, rejected: 0 };
  let [place, line, isInside] = [head.place, head.line, false];
  let window: Buffer = Buffer.alloc(0);
  while (rows.read < rowsMax && place < row.size_bytes) {
    if (window.length < WINDOW_BYTES / 4) {
      window = await readBytes(
        ctx.sql,
        { workspaceId: ctx.workspaceId, importId: row.id, keys },
        { place, bytesMin: WINDOW_BYTES },
      );
    }
    const isLast = place + window.length >= row.size_bytes;
    const { delimiter } = plan;
    const split = splitRecords(window, { delimiter, line, isLast, isInside, recordsMax: BATCH_ROWS });
    const judged = await judge.judge(split.records, isLast && split.end === window.length);
    rows.read += judged.rows.read;
    rows.accepted += judged.rows.accepted;
    rows.rejected += judged.rows.rejected;
    for (const { record, column, message } of judged.rejects) errors.push({ line: record.line, column, message });
    for (const { line: at, item } of judged.becomes)
      if (sample.length < SAMPLE_ROWS) sample.push({ line: at, becomes: item });
    const next = split.records[judged.taken];
    const step = next?.start ?? split.end;
    line = next?.line ?? split.line;
    isInside = next === undefined && split.isInside;
    place += step;
    window = window.subarray(step);
    // Others are answered between two steps.
    await breathe();
  }
  return { rows, isWhole: place >= row.size_bytes, errors: errors.slice(0, ERRORS_SHOWN), sample };
}
