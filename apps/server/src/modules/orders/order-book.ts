import { createHash } from 'node:crypto';
import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { ensureOwnSource } from '../accounts/index.ts';
import { type ExternalRef, findVariants } from '../catalog/index.ts';
import { announce, type Announcement, type Who } from '../events/index.ts';
import { noteFacts } from '../profiles/index.ts';
import { applyStock } from './apply-stock.ts';
import { deriveOrder } from './derive-order.ts';
import { joinPart, joinSnapshot, type OrderFacts } from './order-facts.ts';
import type { OrderInput, OrderPart } from './order-input.ts';
import { lockOrders } from './order-claim-store.ts';
import { type BookRow, insertOrderEvents, type OrderEventRow, replaceLines, writeOrders } from './order-store.ts';
import type { OrderState } from './order-state.ts';
import type { OrderBatch, OrderChange, OrderFollower } from './ports.ts';
import { openWho, sealAddresses, sealWho } from './seal-order.ts';
import { ownerRefOf, stockEffectsOf } from './stock-effects.ts';
import { happeningsOf, type OrderHappening } from './tell-order.ts';

const KEY_CHARS_MAX = 60;

/** What became of an order a source told of. */
export type Booked = 'created' | 'changed' | 'same';

/** A row as it is to be. */
export interface RowChange {
  readonly before: BookRow;
  readonly after: BookRow;
}

export interface ToldOrders {
  readonly inputs: readonly OrderInput[];
  readonly parts: readonly OrderPart[];
  /** Whose an order is, where that is known already. */
  readonly ownerOf?: (ref: ExternalRef) => OrderOwner | undefined;
}

export interface OrderOwner {
  readonly profileId: string;
  readonly node: number;
}

/** How a change of orders is carried out. */
export interface Carrying {
  /** Stock was set apart for these by whoever placed them. */
  readonly hasStock?: boolean;
}

/** All orders of all channels. Whatever changes in it, its followers learn of in the same transaction. */
export interface OrderBook {
  /**
   * Takes orders as their sources know them, and refunds, fulfilments and deliveries told by themselves, which may come before
   * their order: repeats, older words and any order of telling end the same. Answers in the order of inputs, then parts.
   */
  takeOrders(batch: OrderBatch, told: ToldOrders): Promise<Booked[]>;
  /** Writes rows that are locked and changed, with all that follows. For the book's own verbs. */
  carryOut(batch: OrderBatch, changes: readonly RowChange[], carrying?: Carrying): Promise<void>;
}

export function createOrderBook({ followers }: { followers: readonly OrderFollower[] }): OrderBook {
  return {
    takeOrders: (batch, told) => take(batch, told, (changes) => carry(batch, { followers, changes })),
    carryOut: (batch, changes, carrying) => carry(batch, { followers, changes, ...carrying }),
  };
}

/** The transaction of a verb, as followers see it. */
export function batchOf(ctx: TxCtx): OrderBatch {
  const { sql, workspaceId } = ctx;
  const tell = async (announcements: readonly Announcement[]): Promise<void> => {
    await announce(ctx, await ensureOwnSource(ctx, 'shop'), announcements);
  };
  return { sql, workspaceId, now: ctx.clock.now(), keysOf: (id) => ctx.keysOf(id), tell };
}

/** Joins what was told to what is known, and carries out what it changes. */
async function take(
  batch: OrderBatch,
  told: ToldOrders,
  carryOut: (changes: readonly RowChange[]) => Promise<void>,
): Promise<Booked[]> {
  const { sql, workspaceId } = batch;
  const refs = [...told.inputs, ...told.parts].map(({ ref }) => ref);
  if (refs.length === 0) return [];
  const keys = await batch.keysOf(workspaceId);
  const locked = await lockOrders(sql, workspaceId, { refs, at: new Date(batch.now) });
  const rows = new Map(locked.map((row) => [nameOf({ source: row.source, id: row.sourceOrderId }), row]));
  const inputs = await linkLines(batch, told.inputs);
  const joins = [
    ...inputs.map((input) => ({ ref: input.ref, join: (row: BookRow) => joinInput(row, input, keys) })),
    ...told.parts.map((part) => ({ ref: part.ref, join: (row: BookRow) => withFacts(row, joinPart(row.facts, part)) })),
  ];
  const outcomes = joins.map(({ ref, join }): Booked => {
    const before = rows.get(nameOf(ref))!;
    const after = join(before);
    if (after === before) return 'same';
    rows.set(nameOf(ref), after);
    return before.version === 0 && after.version > 0 ? 'created' : 'changed';
  });
  const changes = locked.flatMap((before): RowChange[] => {
    const after = rows.get(nameOf({ source: before.source, id: before.sourceOrderId }))!;
    if (after === before) return [];
    const owner =
      before.profileId === null ? told.ownerOf?.({ source: before.source, id: before.sourceOrderId }) : undefined;
    return [{ before, after: { ...after, ...owner, version: versionOf(before, after) } }];
  });
  await carryOut(changes.map(restate));
  return outcomes;
}

function nameOf({ source, id }: ExternalRef): string {
  return `${source}\0${id}`;
}

function versionOf(before: BookRow, after: BookRow): number {
  return after.facts.snapshot === undefined ? 0 : before.version + 1;
}

/** The state that follows from a row's facts and names. */
export function restate({ before, after }: RowChange): RowChange {
  return { before, after: { ...after, state: after.version === 0 ? undefined : deriveOrder(after.facts, after) } };
}

function withFacts(row: BookRow, facts: OrderFacts): BookRow {
  return facts === row.facts
    ? row
    : { ...row, facts, version: facts.snapshot === undefined ? 0 : Math.max(1, row.version) };
}

function joinInput(row: BookRow, input: OrderInput, keys: WorkspaceKeys): BookRow {
  const facts = joinSnapshot(row.facts, input);
  const isNewest = facts.snapshot !== undefined && facts.snapshot !== row.facts.snapshot;
  const joined = withFacts(row, facts);
  if (!isNewest) return joined;
  return {
    ...joined,
    who: sealWho(keys, input.who) ?? row.who,
    addresses: sealAddresses(keys, input) ?? row.addresses,
  };
}

/** Finds the variants of lines in the catalog, for all orders in one. */
async function linkLines(batch: OrderBatch, inputs: readonly OrderInput[]): Promise<OrderInput[]> {
  const lines = inputs.flatMap((input) => input.lines.map((line) => ({ line, source: input.ref.source })));
  const open = lines.filter(({ line }) => !('variantId' in line));
  if (open.length === 0) return [...inputs];
  const found = await findVariants(
    batch.sql,
    batch.workspaceId,
    open.map(({ line, source }) => ({
      // What a tracker sends has the ids of the shop it tracks.
      ...(!source.startsWith('events:') && { source }),
      ...(line.productRef !== undefined && { productId: line.productRef }),
      ...(line.variantRef !== undefined && { variantId: line.variantRef }),
      ...(line.sku !== undefined && { sku: line.sku }),
    })),
  );
  const variantOf = new Map(open.map(({ line }, at) => [line, found[at]?.id]));
  return inputs.map((input) => ({
    ...input,
    lines: input.lines.map((line) => {
      const variantId = variantOf.get(line);
      return variantId === undefined ? line : { ...line, variantId };
    }),
  }));
}

async function carry(
  batch: OrderBatch,
  work: Carrying & { readonly followers: readonly OrderFollower[]; readonly changes: readonly RowChange[] },
): Promise<void> {
  const { followers, changes } = work;
  if (changes.length === 0) return;
  const { sql, workspaceId, now } = batch;
  const at = new Date(now);
  await writeOrders(sql, workspaceId, { rows: changes.map(({ after }) => after), at });
  const known = changes.flatMap(({ before, after }) =>
    after.state === undefined ? [] : [{ before, after, state: after.state }],
  );
  await replaceLines(
    sql,
    workspaceId,
    known.map(({ state }) => state),
  );
  const short = await moveStock({ sql, workspaceId, now }, known, work);
  const news = await recordHappenings(batch, known, { short, now });
  const told = known.map(({ before, state }): OrderChange => ({ before: before.state, after: state }));
  for (const follower of followers) if (told.length > 0) await follower.follow(batch, told);
  const profileIds = known.flatMap(({ state }) => state.profileId ?? []);
  if (profileIds.length > 0) await noteFacts(batch, profileIds, ['$orders']);
  await tell(batch, news);
}

interface KnownChange extends RowChange {
  readonly state: OrderState;
}

function isOurs({ snapshot }: OrderFacts): boolean {
  return snapshot?.stock === 'ours' || snapshot?.stock === 'counted';
}

async function moveStock(
  tx: { sql: OrderBatch['sql']; workspaceId: number; now: number },
  known: readonly KnownChange[],
  { hasStock = false }: Carrying,
): Promise<ReadonlySet<string>> {
  const ours = known.filter(({ after }) => isOurs(after.facts));
  const effects = ours.map(({ before, after, state }) => {
    const effect = stockEffectsOf(before, { facts: after.facts, state });
    return hasStock ? { ...effect, reserves: [] } : effect;
  });
  return applyStock(tx, effects);
}

/** Those that were not told before, each with the sealed word on who the customer is. */
async function recordHappenings(
  batch: { sql: OrderBatch['sql']; workspaceId: number },
  known: readonly KnownChange[],
  { short, now }: { short: ReadonlySet<string>; now: number },
): Promise<{ order: OrderState; who: Buffer | null; happening: OrderHappening }[]> {
  const all = known.flatMap(({ before, after, state }) => {
    const happenings = happeningsOf(before, { facts: after.facts, state });
    return happenings.map((happening) => ({ order: state, who: after.who, happening }));
  });
  const rows = all.map(({ order, happening }): OrderEventRow => {
    const { key, name, occurredAtMs } = happening;
    return { orderId: order.id, key, name, occurredAtMs, detail: detailOf(order) };
  });
  const gaps = known
    .filter(({ state }) => short.has(ownerRefOf(state.id)))
    .map(({ state }): OrderEventRow => {
      const key = `stock-short-${state.version}`;
      return { orderId: state.id, key, name: 'Stock Short', occurredAtMs: now, detail: {} };
    });
  const added = await insertOrderEvents(batch.sql, batch.workspaceId, [...rows, ...gaps]);
  return all.filter(({ order, happening }) => added.has(`${order.id}/${happening.key}`));
}

function detailOf({ payment, fulfilment, standing, totalMinor, paidMinor, refundedMinor }: OrderState): JsonObject {
  return { payment, fulfilment, standing, totalMinor, paidMinor, refundedMinor };
}

async function tell(
  batch: OrderBatch,
  news: readonly { order: OrderState; who: Buffer | null; happening: OrderHappening }[],
): Promise<void> {
  if (news.length === 0 || batch.tell === undefined) return;
  const { wrapping } = await batch.keysOf(batch.workspaceId);
  const announcements = news.map(({ order, who, happening }): Announcement => ({
    type: 'track',
    messageId: messageIdOf(order.id, happening.key),
    event: happening.name,
    occurredAtMs: happening.occurredAtMs,
    properties: happening.properties,
    who: who === null ? ({} satisfies Who) : openWho(wrapping, who),
    context: { channel: order.channel },
  }));
  await batch.tell(announcements);
}

/** At most 100 characters, and the id of the order can be read from it. */
export function messageIdOf(orderId: string, key: string): string {
  const name =
    key.length <= KEY_CHARS_MAX ? key : createHash('sha256').update(key).digest('hex').slice(0, KEY_CHARS_MAX);
  return `ord-${orderId.replaceAll('-', '')}-${name}`;
}
