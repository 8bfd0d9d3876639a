import type { FulfilmentInput, OrderEnd, OrderInput, OrderPart, RefundInput } from './order-input.ts';

/** The newest word about the whole order, less what is personal and what is told by itself. */
export type Snapshot = Omit<OrderInput, 'ref' | 'who' | 'shipTo' | 'billTo' | 'refunds' | 'fulfilments' | 'lines'> & {
  readonly lines: readonly (OrderInput['lines'][number] & {
    /** Of the catalog, once it knew the line. */
    readonly variantId?: string | undefined;
  })[];
};

/** Everything a source has said of an order. What is said later or twice joins it; the order of saying never matters. */
export interface OrderFacts {
  readonly snapshot?: Snapshot | undefined;
  readonly refunds: Readonly<Record<string, RefundInput>>;
  readonly fulfilments: Readonly<Record<string, FulfilmentInput>>;
  /** Parcels that arrived, and when. */
  readonly delivered: Readonly<Record<string, number>>;
  /** What was said of the whole order at once, and when first; of `deleted` and `restored`, when last. */
  readonly ended: Readonly<Partial<Record<OrderEnd, number>>>;
}

export const NO_FACTS: OrderFacts = { refunds: {}, fulfilments: {}, delivered: {}, ended: {} };

/** Joins an order's whole state as its source knows it at one instant. Idempotent and commutative. Pure. */
export function joinSnapshot(facts: OrderFacts, input: OrderInput): OrderFacts {
  const { ref: _ref, who: _who, shipTo: _shipTo, billTo: _billTo, refunds, fulfilments, ...snapshot } = input;
  const isNewer = facts.snapshot === undefined || comesAfter(snapshot.version, facts.snapshot.version);
  const parts = [
    ...refunds.map((refund): OrderPart => ({ ref: input.ref, kind: 'refund', refund })),
    ...fulfilments.map((fulfilment): OrderPart => ({ ref: input.ref, kind: 'fulfilment', fulfilment })),
  ];
  return parts.reduce(joinPart, isNewer ? { ...facts, snapshot } : facts);
}

/** Joins what was told by itself. Idempotent and commutative. Pure. */
export function joinPart(facts: OrderFacts, part: OrderPart): OrderFacts {
  switch (part.kind) {
    case 'refund': {
      const known = facts.refunds[part.refund.id];
      if (known !== undefined && !isLater(part.refund, known)) return facts;
      return { ...facts, refunds: { ...facts.refunds, [part.refund.id]: part.refund } };
    }
    case 'fulfilment': {
      const known = facts.fulfilments[part.fulfilment.id];
      if (known !== undefined && !isLater(part.fulfilment, known)) return facts;
      return { ...facts, fulfilments: { ...facts.fulfilments, [part.fulfilment.id]: part.fulfilment } };
    }
    case 'delivered': {
      const known = facts.delivered[part.fulfilmentId];
      if (known !== undefined && known <= part.atMs) return facts;
      return { ...facts, delivered: { ...facts.delivered, [part.fulfilmentId]: part.atMs } };
    }
    case 'ended': {
      const known = facts.ended[part.of];
      const isLast = part.of === 'deleted' || part.of === 'restored';
      if (known !== undefined && (isLast ? known >= part.atMs : known <= part.atMs)) return facts;
      return { ...facts, ended: { ...facts.ended, [part.of]: part.atMs } };
    }
  }
}

export function comesAfter(a: OrderInput['version'], b: OrderInput['version']): boolean {
  return a.at === b.at ? (a.hash ?? '') > (b.hash ?? '') : a.at > b.at;
}

/** Of two words of one instant the larger text counts: whichever it is, it is the same one always. */
function isLater<T extends { readonly atMs: number }>(a: T, b: T): boolean {
  return a.atMs === b.atMs ? JSON.stringify(a) > JSON.stringify(b) : a.atMs > b.atMs;
}
