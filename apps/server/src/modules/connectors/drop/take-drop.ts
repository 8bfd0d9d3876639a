import type { Readable } from 'node:stream';
import type { AnswerOf, api, QueryOf } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { type Applying, beginApplying, ownerOf } from '../apply/applying.ts';
import { applyRecords } from '../apply/apply-records.ts';
import { listUnnamedLevels } from '../apply/level-store.ts';
import { listUnnamedProducts } from '../apply/piece-store.ts';
import { type ConnectorRow, holdConnector } from '../connector-store.ts';
import type { ShopPorts } from '../ports.ts';
import type { ShopRecord } from '../records.ts';
import { UnreadableFile } from './csv-rows.ts';
import { BadRow, Fields, type RowContext } from './drop-fields.ts';
import { readCustomerRow, readLevelRow, readOrderRows, readProductRow } from './drop-readers.ts';
import { readRows } from './read-rows.ts';

const BYTES_MAX = 256 * 1024 * 1024;
const RECORDS_AT_ONCE = 500;
const ERRORS_SHOWN_MAX = 1_000;

type DropWish = QueryOf<typeof api.dropConnectorFile>;
type Answer = AnswerOf<typeof api.dropConnectorFile>;

/** Reads a file while it comes and makes its good rows true; all of it in the one transaction of the call, or nothing. */
export async function takeDrop(
  ctx: TxCtx,
  ports: ShopPorts,
  { connector, wish, file }: { connector: ConnectorRow; wish: DropWish; file: unknown },
): Promise<Answer> {
  const stream = requireStream(file);
  if (wish.mode === 'snapshot' && (wish.of === 'orders' || wish.of === 'customers'))
    throw unfit('mode', `of ${wish.of} there is no snapshot: what a file leaves out of them is not gone`);
  const held = await holdConnector(ctx.sql, ctx.workspaceId, connector.id);
  if (held === undefined) throw new AppError('not_found', 'There is no such connector');
  const drop = new Drop(await beginApplying(ctx, held, ports), wish);
  try {
    for await (const row of readRows(stream, { format: wish.format, bytesMax: BYTES_MAX })) {
      if (row.kind === 'bad') drop.reject(row);
      else await drop.take(row);
    }
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    throw unfit('file', error.line === 0 ? error.message : `line ${error.line} ${error.message}`);
  }
  return drop.end();
}

/** The body of a call, read while it comes. */
export class DroppedFile {
  readonly stream: Readable;
  readonly #size: string | undefined;

  constructor(stream: Readable, size: string | undefined) {
    this.stream = stream;
    this.#size = size;
  }

  /** What an idempotency key knows it by: a stream that is looked at is gone. */
  toJSON(): string {
    return `a file of ${this.#size ?? 'unknown'} bytes`;
  }
}

/** It can be read once: a call that is done again after it lost a race has nothing left. */
function requireStream(file: unknown): Readable {
  if (!(file instanceof DroppedFile)) {
    throw unfit('file', 'send the file as it is, with "Content-Type: text/csv" or "application/x-ndjson"');
  }
  const { stream } = file;
  if (stream.readableEnded || stream.destroyed || stream.readableDidRead)
    throw new AppError('conflict', 'Something else changed the same things meanwhile; send the file again');
  return stream;
}

function unfit(field: string, message: string): AppError {
  return new AppError('invalid', 'The file cannot be taken', { details: [{ field, message }] });
}

/** Rows that belong together: of an order in CSV one per line. */
interface Group {
  readonly line: number;
  readonly id: string | undefined;
  readonly rows: Fields[];
}

class Drop {
  readonly #applying: Applying;
  readonly #wish: DropWish;
  readonly #context: RowContext;
  readonly #answer = { rows: 0, accepted: 0, rejected: 0, removed: 0, errors: [] as Answer['errors'] };
  /** What a snapshot names. */
  readonly #named = new Set<string>();
  #records: ShopRecord[] = [];
  #group: Group | undefined;

  constructor(applying: Applying, wish: DropWish) {
    this.#applying = applying;
    this.#wish = wish;
    const atMs = wish.at === undefined ? applying.ctx.clock.now() : Date.parse(wish.at);
    this.#context = { settings: applying.settings, atMs };
  }

  reject({ line, column, message }: { line: number; column: string; message: string }, rows = 1): void {
    this.#answer.rows += rows;
    this.#answer.rejected += rows;
    if (this.#answer.errors.length < ERRORS_SHOWN_MAX) this.#answer.errors.push({ line, column, message });
  }

  async take({ line, fields }: { line: number; fields: JsonObject }): Promise<void> {
    const row = new Fields(fields, this.#context);
    const id = this.#wish.of === 'orders' ? orderIdOf(row) : undefined;
    if (this.#group !== undefined && (id === undefined || this.#group.id !== id)) this.#close();
    if (this.#group === undefined) this.#group = { line, id, rows: [row] };
    else this.#group.rows.push(row);
    if (this.#records.length >= RECORDS_AT_ONCE) await this.#apply();
  }

  async end(): Promise<Answer> {
    this.#close();
    await this.#apply();
    if (this.#wish.mode === 'snapshot') await this.#removeUnnamed();
    return this.#answer;
  }

  #close(): void {
    const group = this.#group;
    this.#group = undefined;
    if (group === undefined) return;
    try {
      const records = READERS[this.#wish.of](group.rows);
      this.#records.push(...records);
      for (const record of records) this.#note(record);
      this.#answer.rows += group.rows.length;
      this.#answer.accepted += group.rows.length;
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      this.reject({ line: group.line, column: error.column, message: error.message }, group.rows.length);
    }
  }

  #note(record: ShopRecord): void {
    if (this.#wish.mode !== 'snapshot') return;
    if (record.kind === 'product') this.#named.add(record.product.id);
    if (record.kind === 'level') this.#named.add(`${record.level.of.id}@${record.level.locationId ?? ''}`);
  }

  async #apply(): Promise<void> {
    const records = this.#records;
    this.#records = [];
    if (records.length > 0) await applyRecords(this.#applying, records);
  }

  /** A row that could not be read is no word that its product is gone: then nothing is. */
  async #removeUnnamed(): Promise<void> {
    if (this.#answer.rejected > 0) return;
    const { ctx } = this.#applying;
    const of = ownerOf(this.#applying);
    const { atMs } = this.#context;
    const named = [...this.#named];
    const before = new Date(atMs);
    if (this.#wish.of === 'products') {
      const gone = await listUnnamedProducts(ctx.sql, of, { named, before });
      this.#records = gone.map((id) => ({ kind: 'removed', of: 'product', id, atMs }));
      this.#answer.removed = gone.length;
    } else {
      const gone = await listUnnamedLevels(ctx.sql, of, { named, before });
      this.#records = gone.map((row) => ({
        kind: 'level',
        level: {
          ...{ of: { kind: row.item_kind, id: row.item_ref }, quantity: 0, atMs },
          locationId: row.location_ref === '' ? undefined : row.location_ref,
        },
      }));
      this.#answer.removed = gone.length;
    }
    await this.#apply();
  }
}

const READERS: Readonly<Record<DropWish['of'], (rows: readonly Fields[]) => ShopRecord[]>> = {
  products: ([row]) => readProductRow(row!),
  levels: ([row]) => readLevelRow(row!),
  customers: ([row]) => readCustomerRow(row!),
  orders: readOrderRows,
};

/** Undefined: it stands alone. */
function orderIdOf(row: Fields): string | undefined {
  try {
    return row.objects('lines') === undefined ? row.maybeId('order_id') : undefined;
  } catch {
    return undefined;
  }
}
