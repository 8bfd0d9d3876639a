import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { csvOptions } from '../import/csv-options.ts';
import { readFeed } from '../import/read-feed.ts';
import { FeedFault } from './feed-fault.ts';
import { FeedItems } from './split-items.ts';

/** Rows are numbered from 1, the head not counted. */
export type FeedRow =
  | { readonly kind: 'row'; readonly place: number; readonly cells: Readonly<Record<string, string>> }
  /** It cannot be read, those behind it can. */
  | { readonly kind: 'broken'; readonly place: number; readonly message: string };

const ROW_CHARS_MAX = 1_000_000;
const HEAD_CHARS_MAX = 100_000;
/** What has more is no table; each of them costs much. */
const BROKEN_MAX = 10_000;
const TOO_BROKEN = `has more than ${BROKEN_MAX} rows with more cells than its head has columns; mend its delimiter or its quotes`;

/** The rows of a feed while its text comes: XML when it begins with `<`, else CSV. Throws `FeedFault` where it cannot be read on. */
export async function* readFeedRows(texts: AsyncIterable<string>): AsyncGenerator<FeedRow> {
  const parts = texts[Symbol.asyncIterator]();
  let head = '';
  while (!isEnough(head)) {
    const next = await parts.next();
    if (next.done === true) break;
    head += next.value;
  }
  async function* whole(): AsyncGenerator<string> {
    try {
      yield head;
      for (let next = await parts.next(); next.done !== true; next = await parts.next()) yield next.value;
    } finally {
      await parts.return?.();
    }
  }
  if (head.trimStart().startsWith('<')) yield* itemsOf(whole());
  else yield* recordsOf(whole, head);
}

/** Says of which kind it is, and how its columns are parted. */
function isEnough(head: string): boolean {
  const text = head.trimStart();
  return text.startsWith('<') || text.includes('\n') || head.length > HEAD_CHARS_MAX;
}

async function* itemsOf(texts: AsyncIterable<string>): AsyncGenerator<FeedRow> {
  const items = new FeedItems();
  let place = 0;
  for await (const text of texts) {
    for (const item of items.push(text)) {
      place++;
      const read = readFeed(`<rss><channel>${item.replaceAll(/^<entry|entry>$/gi, renamed)}</channel></rss>`);
      if (read.kind === 'refused') yield { kind: 'broken', place, message: read.message };
      else yield { kind: 'row', place, cells: read.rows[0] ?? {} };
    }
  }
  items.end();
}

function renamed(entry: string): string {
  return entry.startsWith('<') ? '<item' : 'item>';
}

async function* recordsOf(texts: () => AsyncIterable<string>, head: string): AsyncGenerator<FeedRow> {
  let place = 0;
  let brokenRows = 0;
  const broken: FeedRow[] = [];
  const parser = parse({
    ...csvOptions(head.trimStart()),
    max_record_size: ROW_CHARS_MAX,
    skip_records_with_error: true,
    // Both are called in the order of the file, before the rows are read here.
    on_record: (cells: Record<string, string>): FeedRow => ({ kind: 'row', place: ++place, cells }),
    on_skip: (error) => {
      if (error === undefined) return undefined;
      brokenRows++;
      if (!error.code.startsWith('CSV_RECORD_INCONSISTENT')) parser.destroy(error);
      else if (brokenRows > BROKEN_MAX) parser.destroy(new FeedFault(TOO_BROKEN));
      else broken.push({ kind: 'broken', place: ++place, message: 'has more cells than the head has columns' });
      return undefined;
    },
  });
  const feeding = pipeline(texts, parser);
  feeding.catch(() => undefined);
  try {
    for await (const row of parser as AsyncIterable<FeedRow>) {
      while (broken[0] !== undefined && broken[0].place < row.place) yield broken.shift()!;
      yield row;
    }
    yield* broken;
    await feeding;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as CsvError & { lines?: number };
    throw new FeedFault(`cannot be read${lines === undefined ? '' : ` at line ${lines}`}: ${error.message}`);
  }
}
