export type TransferState = 'draft' | 'shipped' | 'received' | 'cancelled';

export interface TransferLine {
  readonly itemId: string;
  readonly quantity: number;
  readonly incomingId: string | null;
  /** What arrived, damaged or not. */
  readonly received: number;
  readonly damaged: number;
  /** What will not arrive: it went back, or nobody knows where it is. */
  readonly cancelled: number;
  readonly returned: number;
}

/** Goods on their way from one location to another. */
export interface Transfer {
  readonly id: string;
  readonly fromId: string;
  readonly toId: string;
  /** As it is kept; `stateOf` says what is made of it. */
  readonly state: Exclude<TransferState, 'received'>;
  readonly dueAt: Date | null;
  readonly reference: string | null;
  readonly createdAt: Date;
  readonly shippedAt: Date | null;
  readonly lines: readonly TransferLine[];
}

/** What is still on its way. Pure. */
export function inTransitOf({ incomingId, quantity, received, cancelled }: TransferLine): number {
  return incomingId === null ? 0 : quantity - received - cancelled;
}

/** It is received once nothing of it is on its way any more. Pure. */
export function stateOf({ state, lines }: Pick<Transfer, 'state' | 'lines'>): TransferState {
  return state === 'shipped' && lines.every((line) => inTransitOf(line) === 0) ? 'received' : state;
}

export function ownerRefOf(transferId: string): string {
  return `transfer:${transferId}`;
}

/** The same wish again, under the same reference. Pure. */
export function isSameTransfer(
  known: Transfer,
  wish: { fromId: string; toId: string; items: ReadonlyMap<string, number> },
): boolean {
  return (
    known.fromId === wish.fromId &&
    known.toId === wish.toId &&
    known.lines.length === wish.items.size &&
    known.lines.every((line) => wish.items.get(line.itemId) === line.quantity)
  );
}
