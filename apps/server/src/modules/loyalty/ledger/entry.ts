export type EntryKind =
  | 'earn_pending'
  | 'earn'
  | 'activate'
  | 'burn'
  | 'expire'
  | 'reverse'
  | 'refund_burn'
  | 'adjust'
  | 'transfer'
  | 'settle';

/** How much an entry took from a lot (below 0), or put back into it. */
export interface Allocation {
  readonly lotId: string;
  readonly quantity: number;
}

/** One line of the ledger, of one account. */
export interface Entry {
  readonly accountId: string;
  readonly kind: EntryKind;
  readonly deltaBalance: number;
  readonly deltaPending: number;
  readonly deltaDebt: number;
  /** Whose remaining points it changed by as much; null: those of its allocations. */
  readonly lotId: string | null;
  readonly allocations: readonly Allocation[];
  /** Of what was spent, where it may come back. */
  readonly burnId: string | null;
  /** What it is about. */
  readonly ref: string;
  /** The same for the same happening. */
  readonly happening: string;
  readonly idempotencyKey: string;
  /** Of the customer in this program, less what she owes. */
  readonly balanceAfter: number;
}
