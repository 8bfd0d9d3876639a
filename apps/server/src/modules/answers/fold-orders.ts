import type { Answers } from '@segue/contract';
import { isSameLine, type Line, type ShopEvent } from './shop-event.ts';

type OpenOrder = NonNullable<Answers['orders']>[number];
export type BookFacts = Pick<OpenOrder, 'number' | 'channel' | 'payment' | 'fulfilment' | 'standing' | 'parcels'> & {
  readonly id: string;
};

export interface Order {
  readonly orderId: string | undefined;
  /** Whose order it is, as the order book names sources; undefined: nobody says. */
  readonly source: string | undefined;
  readonly orderedAt: number;
  readonly changedAt: number;
  /** What she has of it: less what was given back, none when it was cancelled. */
  readonly lines: readonly Line[];
  readonly total: number | undefined;
  readonly refunded: number;
  readonly currency: string | undefined;
  /** Not fulfilled, cancelled or given back. */
  readonly isOpen: boolean;
  /** What the order book alone says; undefined: events alone tell of it. */
  readonly book?: BookFacts;
}

const DONE = new Set(['fulfilled', 'completed', 'delivered', 'picked_up']);
const VOID = new Set(['cancelled', 'canceled', 'refunded', 'voided']);

/**
 * Her orders, from events in order. One is an order once it was completed or updated; its newest list of products counts.
 * A refund that lists products takes those out; one that names only an amount below the rest of the total takes none; any
 * other gives all back. Completed again after it was cancelled, it counts again. Two shops may give an order the same id; what
 * does not know its shop is about the only one of that id, if there is only one.
 */
export function foldOrders(events: readonly ShopEvent[]): Order[] {
  const own = events.filter(isOfOrder);
  const sources = new Map<string, Set<string>>();
  for (const { orderId, orderSource } of own) {
    if (orderId === undefined || orderSource === undefined) continue;
    sources.set(orderId, (sources.get(orderId) ?? new Set()).add(orderSource));
  }
  const groups = new Map<string, ShopEvent[]>();
  for (const event of own) {
    const key = keyOf(event, sources.get(event.orderId ?? ''));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [event]);
    else group.push(event);
  }
  return [...groups.values()].flatMap((group) => orderOf(group) ?? []);
}

function keyOf({ id, orderId, orderSource }: ShopEvent, known: ReadonlySet<string> = new Set()): string {
  if (orderId === undefined) return `event ${id}`;
  const source = orderSource ?? (known.size === 1 ? [...known][0] : undefined);
  return `order ${JSON.stringify([source ?? null, orderId])}`;
}

function isOfOrder({ name, orderId }: ShopEvent): boolean {
  if (name === 'Order Completed') return true;
  return orderId !== undefined && name.startsWith('Order ');
}

function orderOf(group: readonly ShopEvent[]): Order | undefined {
  const statements = group.filter(({ name }) => name === 'Order Completed' || name === 'Order Updated');
  const first = statements[0];
  if (first === undefined) return undefined;
  const completed = statements.find(({ name }) => name === 'Order Completed');
  const stated = statements.findLast(({ products }) => products !== undefined)?.products ?? [];
  const total = statements.findLast((event) => event.total !== undefined)?.total;
  const { lines, refunded } = giveBack(group, stated, total);
  const isVoid = isCancelled(group);
  return {
    orderId: first.orderId,
    source: group.find(({ orderSource }) => orderSource !== undefined)?.orderSource,
    orderedAt: (completed ?? first).at,
    changedAt: group.at(-1)!.at,
    lines: isVoid ? [] : lines,
    total,
    refunded,
    currency: statements.findLast((event) => event.currency !== undefined)?.currency,
    isOpen: !isVoid && !isDone(group) && !isGivenBack(group, lines, { total, refunded }),
  };
}

function isCancelled(group: readonly ShopEvent[]): boolean {
  const word = group.findLast(
    ({ name, status }) =>
      name === 'Order Completed' || name === 'Order Cancelled' || (name === 'Order Updated' && status !== undefined),
  );
  return word?.name === 'Order Cancelled' || (word?.name === 'Order Updated' && VOID.has(word.status ?? ''));
}

function isDone(group: readonly ShopEvent[]): boolean {
  return group.some(({ name, status }) => {
    if (name === 'Order Updated') return DONE.has(status ?? '');
    return name === 'Order Fulfilled' || name === 'Order Delivered' || name === 'Order Picked Up';
  });
}

function isGivenBack(
  group: readonly ShopEvent[],
  lines: readonly Line[],
  money: { total: number | undefined; refunded: number },
): boolean {
  if (!group.some(({ name }) => name === 'Order Refunded')) return false;
  return lines.length === 0 || (money.total !== undefined && money.refunded >= money.total);
}

function giveBack(
  group: readonly ShopEvent[],
  stated: readonly Line[],
  total: number | undefined,
): { lines: readonly Line[]; refunded: number } {
  let lines = stated;
  let refunded = 0;
  for (const event of group) {
    if (event.name !== 'Order Refunded') continue;
    const rest = total === undefined ? undefined : Math.max(0, total - refunded);
    const listed = event.products ?? [];
    const isPart = event.total !== undefined && rest !== undefined && event.total < rest;
    if (listed.length > 0) lines = takeOut(lines, listed);
    else if (!isPart) lines = [];
    refunded += event.total ?? (listed.length > 0 ? worthOf(listed) : (rest ?? 0));
  }
  return { lines, refunded: inMicros(refunded) };
}

/** The lines less these, each from the first that is the same until its quantity is used up. */
export function takeOut<L extends Line>(lines: readonly L[], taken: readonly Line[]): L[] {
  let rest = [...lines];
  for (const one of taken) {
    let left = one.quantity;
    rest = rest.map((line) => {
      if (left <= 0 || !isSameLine(line, one)) return line;
      const part = Math.min(left, line.quantity);
      left -= part;
      return { ...line, quantity: line.quantity - part };
    });
  }
  return rest.filter((line) => line.quantity > 0);
}

/** Price by quantity; prices nobody knows count nothing. */
function worthOf(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + (line.price ?? 0) * line.quantity, 0);
}

/** Without what binary fractions leave behind. */
export function inMicros(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}
