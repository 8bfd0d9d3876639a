import type { Ctx } from '../../platform/context.ts';
import { open } from '../../platform/crypto/index.ts';
import type { Json, JsonObject } from '../../platform/json.ts';
import { joinPersonal, readUnarchived } from '../events/index.ts';
import { openNodeKeys } from '../profiles/index.ts';
import { readNewestByPart } from './history-sql.ts';
import { REPLY_NAMES } from './weigh-replies.ts';

/** What is read of a customer's past. Apart, so that much of one does not hide another. */
export const PARTS = {
  orders: [
    'Order Completed',
    'Completed Order',
    'Order Updated',
    'Order Cancelled',
    'Order Refunded',
    'Order Fulfilled',
    'Order Delivered',
    'Order Picked Up',
  ],
  carts: [
    'Product Added',
    'Added Product',
    'Wishlist Product Added to Cart',
    'Product Removed',
    'Removed Product',
    'Cart Viewed',
    'Checkout Started',
  ],
  views: ['Product Viewed', 'Viewed Product'],
  replies: REPLY_NAMES,
} as const satisfies Record<string, readonly string[]>;
export type Part = keyof typeof PARTS;
const PART_NAMES = Object.keys(PARTS) as Part[];
const PART_OF = new Map<string, Part>(PART_NAMES.flatMap((part) => PARTS[part].map((name) => [name, part] as const)));

/** Of each part at most the newest so many: some MB for who has them all. */
const EVENTS_MAX = 2_000;

export interface PastEvent {
  readonly id: string;
  readonly name: string;
  readonly part: Part;
  readonly at: number;
  /** The number of the source it came from; undefined: Segue's own word. */
  readonly source: number | undefined;
  readonly properties: JsonObject;
}

export interface Past {
  readonly events: readonly PastEvent[];
  /** Parts of which there is more than was read. */
  readonly truncated: readonly Part[];
  /** Nothing that arrived before is missing. */
  readonly isUpToDate: boolean;
}

type Found = Omit<PastEvent, 'properties' | 'source'> & {
  readonly node: number;
  readonly sealed: string;
  readonly payload: Json;
};

/** What a customer did in the shop and with messages, under all her nodes: one query to the history, and the log's end. */
export async function readPast(ctx: Ctx, nodes: readonly number[]): Promise<Past> {
  if (nodes.length === 0) return { events: [], truncated: [], isUpToDate: true };
  const { workspaceId, sql } = ctx;
  // Before the history: what is archived in between is in both.
  const tail = await readUnarchived(sql, { workspaceId, nodes });
  const rows = await readNewestByPart(ctx.history, {
    workspaceId,
    nodes,
    types: ['track', 'internal'],
    parts: PART_NAMES.map((part) => PARTS[part]),
    limit: EVENTS_MAX + 1,
  });
  const found = new Map<string, Found>();
  for (const row of rows) {
    const { message_id: id, name, occurred_ms: at, node, sealed } = row;
    const part = PART_OF.get(name);
    if (part !== undefined)
      found.set(keyOf(row), { id, name, part, at, node, sealed, payload: JSON.parse(row.payload) as Json });
  }
  for (const event of tail.events) {
    const part = event.type === 'track' || event.type === 'internal' ? PART_OF.get(event.name) : undefined;
    if (part === undefined) continue;
    const { id, name, occurredAt: at, sealed, payload } = event;
    found.set(keyOf(event), { id, name, part, at, node: event.nodes[0]!.id, sealed, payload: payload as Json });
  }
  const kept = newestOf([...found.values()]);
  const events = await openAll(ctx, kept.events);
  return { events, truncated: kept.truncated, isUpToDate: tail.isWhole };
}

const keyOf = (place: { log: number; lane: number; seq: number }) => `${place.log}/${place.lane}/${place.seq}`;

function newestOf(found: readonly Found[]): { events: Found[]; truncated: Part[] } {
  const truncated: Part[] = [];
  const events = PART_NAMES.flatMap((part) => {
    const own = found.filter((event) => event.part === part).sort((a, b) => b.at - a.at);
    if (own.length > EVENTS_MAX) truncated.push(part);
    return own.slice(0, EVENTS_MAX);
  });
  return { events, truncated };
}

async function openAll(ctx: Ctx, found: readonly Found[]): Promise<PastEvent[]> {
  const { sql, workspaceId } = ctx;
  const sealedNodes = found.filter((event) => event.sealed !== '').map((event) => event.node);
  const keys =
    sealedNodes.length === 0
      ? new Map<number, Buffer>()
      : await openNodeKeys({ sql, workspaceId, keys: await ctx.keysOf(workspaceId) }, [...new Set(sealedNodes)]);
  return found.map(({ id, name, part, at, node, sealed, payload }) => {
    const key = keys.get(node);
    const whole =
      sealed === '' || key === undefined
        ? payload
        : joinPersonal(payload, JSON.parse(open(key, Buffer.from(sealed, 'base64')).toString('utf8')) as Json);
    const { properties = {} } = whole as { properties?: JsonObject };
    const { source } = payload as { source?: number };
    return { id, name, part, at, source, properties };
  });
}
