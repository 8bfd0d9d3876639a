import type { StoredCut } from './leaf-store.ts';

/** How far the back-fill of a segment has come. Absent: not yet. */
export interface FillProgress {
  /** Transactions that began before the rule was written are over once the oldest under way has at least this number. */
  readonly fence?: number;
  /** Where Segue's own lanes ended when they were: what they say of whose node is whose has to be archived. */
  readonly heads?: StoredCut;
  /** `history`: it answers the whole rule; `sweep`: every profile is looked at. */
  readonly way?: 'history' | 'sweep';
  /** The instant for which history answers. */
  readonly atMs?: number;
  /** The last node whose leaf states lie ready. */
  readonly nodeTo?: number;
  /** As `fence`, of transactions that did not know yet that the rule is true of whoever is looked at. */
  readonly sweepFence?: number;
  /** While sweeping: the last profile looked at. */
  readonly lookedTo?: string;
  /** Some could not be looked at: they are later, by a wake, and fold their history in then. */
  readonly isPartial?: boolean;
}
