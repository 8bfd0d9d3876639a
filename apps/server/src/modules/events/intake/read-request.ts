import { isJsonObject, type JsonObject } from '../../../platform/json.ts';
import { type Envelope, ITEM_BYTES_MAX, type ReadEvent, type ReadItem, readItem } from './read-item.ts';
import type { IdentifierReader } from '../../profiles/index.ts';
import type { Sender } from './sender.ts';

export const BATCH_ITEMS_MAX = 2_500;
/** A batch's context goes into each of its events: a small request must not become a large one. */
const CONTEXT_COPIES_BYTES_MAX = 2 * 1024 * 1024;

/** When a request came, from which source, and over whose connection. */
export interface Receipt {
  readonly receivedAtMs: number;
  readonly source: number;
  /** Whether an email or phone in its events is known to be the customer's. */
  readonly isTrusted: boolean;
  /** What identifiers are read with: the workspace's rules. */
  readonly reader: IdentifierReader;
  readonly sender?: Sender | undefined;
  /** 32 KB unless the sender's own protocol allows more. */
  readonly itemBytesMax?: number | undefined;
}

/** One item that was not taken, in the words of the sender's request. */
export interface ItemError {
  readonly index: number;
  readonly field: string;
  readonly message: string;
}

export type ReadRequest =
  | {
      readonly kind: 'read';
      readonly events: readonly ReadEvent[];
      readonly errors: readonly ItemError[];
      readonly sizeBytes: number;
    }
  /** The request as a whole cannot be taken. */
  | { readonly kind: 'refused'; readonly field: string; readonly message: string };

/** The items of `/v1/batch`, each judged on its own: one bad item never costs the others. Pure. */
export function readBatch(body: JsonObject, receipt: Receipt): ReadRequest {
  const { itemBytesMax = ITEM_BYTES_MAX } = receipt;
  const items = body['batch'];
  if (!Array.isArray(items)) return { kind: 'refused', field: 'batch', message: 'must be an array of events' };
  if (items.length > BATCH_ITEMS_MAX) {
    return {
      kind: 'refused',
      field: 'batch',
      message: `holds ${items.length} events; send at most ${BATCH_ITEMS_MAX} at a time`,
    };
  }
  const context = isJsonObject(body['context']) ? body['context'] : undefined;
  const contextBytes = context === undefined ? 0 : sizeOf(context);
  if (contextBytes * items.length > CONTEXT_COPIES_BYTES_MAX) {
    return {
      kind: 'refused',
      field: 'context',
      message: 'is too large to be added to each of the events; send less in it, or fewer events',
    };
  }
  const envelope: Envelope = { ...receipt, sentAt: body['sentAt'], context };
  const events: ReadEvent[] = [];
  const errors: ItemError[] = [];
  let sizeBytes = 0;
  items.forEach((item: unknown, index) => {
    const itemBytes = sizeOf(item);
    const read =
      itemBytes > itemBytesMax
        ? tooLarge(itemBytesMax)
        : readItem(item, isJsonObject(item) ? item['type'] : undefined, envelope);
    if (read.kind === 'event') {
      events.push(read.event);
      sizeBytes += itemBytes + contextBytes;
    } else errors.push({ index, field: fieldOf(index, read.field), message: read.message });
  });
  return { kind: 'read', events, errors, sizeBytes };
}

/** The one event of `/v1/track` and its siblings. Pure. */
export function readSingle(body: JsonObject, type: string, receipt: Receipt): ReadRequest {
  const { itemBytesMax = ITEM_BYTES_MAX } = receipt;
  const sizeBytes = sizeOf(body);
  if (sizeBytes > itemBytesMax) return { kind: 'refused', field: '', message: tooLarge(itemBytesMax).message };
  const read = readItem(body, type, { ...receipt, sentAt: body['sentAt'], context: undefined });
  if (read.kind === 'event') return { kind: 'read', events: [read.event], errors: [], sizeBytes };
  return { kind: 'read', events: [], errors: [{ index: 0, field: read.field, message: read.message }], sizeBytes };
}

/** One event that comes by no request, held to what a request is: how deep and how large it may be. Pure. */
export function readOne(item: JsonObject, type: string, envelope: Envelope): ReadItem {
  const read = readItem(item, type, envelope);
  return read.kind === 'event' && sizeOf(item) > ITEM_BYTES_MAX ? tooLarge(ITEM_BYTES_MAX) : read;
}

function fieldOf(index: number, field: string): string {
  return field === '' ? `batch[${index}]` : `batch[${index}].${field}`;
}

function tooLarge(bytesMax: number) {
  return {
    kind: 'rejected',
    field: '',
    message: `is larger than ${bytesMax / 1024} KB; send less in one event`,
  } as const;
}

/** Bytes as JSON. A cheap estimate stands for almost every event; only near the limit it is written out and counted. */
function sizeOf(item: unknown): number {
  const estimate = estimateChars(item, 0);
  if (estimate < ITEM_BYTES_MAX / 8) return estimate;
  try {
    return Buffer.byteLength(JSON.stringify(item) ?? '');
  } catch {
    // Nested so deep that it cannot be written out again.
    return Number.POSITIVE_INFINITY;
  }
}

/** At least an eighth of the bytes an item takes. What is nested deeper than any real event is not estimated but counted. */
function estimateChars(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 4;
  if (depth > 40) return ITEM_BYTES_MAX;
  let chars = 2;
  for (const field in value) chars += field.length + 4 + estimateChars((value as JsonObject)[field], depth + 1);
  return chars;
}
