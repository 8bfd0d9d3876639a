import { nameCells, readProductRows, type RowFault } from '../import/read-rows.ts';
import type { FeedRow } from './read-feed-rows.ts';
import { deleteRows, type FetchedRow, insertRows } from './row-store.ts';
import type { FeedWork } from './feed-work.ts';

const AT_ONCE_MAX = 500;
const ERRORS_KEPT_MAX = 100;
/** Indexes hold no more, and no feed means more. */
const REF_CHARS_MAX = 500;
const CELL_CHARS_MAX = 100_000;

/** Keeps what was fetched until it is whole; faults are told by row and field. */
export async function keepRows(work: FeedWork, rows: AsyncIterable<FeedRow>): Promise<void> {
  await work.step(async ({ sql }) => {
    await deleteRows(sql, work.lease);
    return { rows: 0, refused: 0, errors: [] };
  });
  let batch: FeedRow[] = [];
  for await (const row of rows) {
    batch.push(row);
    if (batch.length < AT_ONCE_MAX) continue;
    await keepBatch(work, batch);
    batch = [];
  }
  if (batch.length > 0) await keepBatch(work, batch);
}

async function keepBatch(work: FeedWork, batch: readonly FeedRow[]): Promise<void> {
  const judged = judgeRows(batch, { source: work.source, currency: work.feed.currency });
  await work.step(async ({ sql }) => {
    const twice = await insertRows(sql, work.lease, judged.rows);
    const again = judged.rows.filter(({ place }) => twice.has(place));
    // The product of a repeated id may be another one: that stays as it is, too.
    await insertRows(
      sql,
      work.lease,
      again.map((row) => ({ ...row, taken: undefined })),
    );
    const faults = [
      ...judged.faults,
      ...again.map(({ place }) => ({
        row: place,
        field: 'id',
        message: 'stands in the file before; give every row an id of its own',
      })),
    ].sort((a, b) => a.row - b.row);
    const { rows, refused, errors } = work.run;
    return {
      rows: rows + batch.length,
      refused: refused + new Set(faults.map(({ row }) => row)).size,
      errors: [...errors, ...faults].slice(0, ERRORS_KEPT_MAX),
    };
  });
}

/** Which rows are good, and what is wrong with the others. Pure. */
export function judgeRows(
  batch: readonly FeedRow[],
  { source, currency }: { source: string; currency: string | null },
): { rows: FetchedRow[]; faults: RowFault[] } {
  const named = batch.map((row) => ({
    row,
    cells: row.kind === 'row' ? withCurrency(nameCells(row.cells), currency) : {},
  }));
  const readable = named.filter(({ row }) => row.kind === 'row');
  const read = readProductRows(
    readable.map(({ cells }) => cells),
    source,
  );
  const faults: RowFault[] = [
    ...batch.flatMap((row) => (row.kind === 'broken' ? [{ row: row.place, field: '', message: row.message }] : [])),
    ...read.faults.map((fault) => ({ ...fault, row: readable[fault.row - 1]!.row.place })),
    ...readable.flatMap(({ row, cells }) => lengthFaults(cells).map((fault) => ({ ...fault, row: row.place }))),
  ];
  const bad = new Set(faults.map(({ row }) => row));
  const rows = named.flatMap(({ row: { place }, cells }): FetchedRow[] => {
    const [variantRef, productRef] = [cells['id'], cells['item_group_id'] ?? cells['id']];
    if (productRef === undefined || productRef.length > REF_CHARS_MAX) return [];
    const isTaken = !bad.has(place) && variantRef !== undefined;
    return [{ place, productRef, taken: isTaken ? { variantRef, cells } : undefined }];
  });
  return { rows, faults };
}

function withCurrency(cells: Readonly<Record<string, string>>, currency: string | null) {
  return currency === null || cells['currency'] !== undefined ? cells : { ...cells, currency };
}

function lengthFaults(cells: Readonly<Record<string, string>>): Omit<RowFault, 'row'>[] {
  return Object.entries(cells).flatMap(([field, text]) => {
    const most = field === 'id' || field === 'item_group_id' ? REF_CHARS_MAX : CELL_CHARS_MAX;
    return text.length > most ? [{ field, message: `has more than ${most} characters; shorten it` }] : [];
  });
}
