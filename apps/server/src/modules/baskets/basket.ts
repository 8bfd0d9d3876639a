import type { BasketKind } from '@segue/contract';
import type { Entry, TxCtx } from '../../platform/eventlog/index.ts';
import type { Transaction } from '../../platform/postgres/index.ts';
import type { Lines } from './lines/line.ts';

export type BasketState = 'active' | 'merged' | 'converted' | 'abandoned';

/** Whose a basket is, and the identity node it is filed under. */
export interface BasketOwner {
  readonly profileId: string | null;
  readonly node: number | null;
}

/** A basket as it is kept, with its lines, also removed ones. */
export interface Basket extends BasketOwner {
  readonly id: string;
  readonly kind: BasketKind;
  readonly token: string;
  readonly isLinked: boolean;
  readonly state: BasketState;
  readonly mergedInto: string | null;
  readonly name: string | null;
  readonly shareToken: string | null;
  readonly currency: string | null;
  readonly channel: string;
  readonly isHeld: boolean;
  readonly version: number;
  readonly source: string;
  readonly sourceRef: string | null;
  readonly sourceAtMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly lines: Lines;
}

/** One transaction in which baskets change: that of a verb, or of a batch of events. */
export interface BasketTx {
  readonly workspaceId: number;
  readonly sql: Transaction;
  readonly now: number;
  /** In the processor's own transaction: whose events these are. */
  readonly entries?: readonly Entry[];
}

/** That of a verb. */
export function basketTx({ workspaceId, sql, clock }: Pick<TxCtx, 'workspaceId' | 'sql' | 'clock'>): BasketTx {
  return { workspaceId, sql, now: clock.now() };
}
