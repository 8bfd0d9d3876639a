import type { Ctx } from '../context.ts';
import type { Transaction } from '../postgres/index.ts';
import type { EmittedEvent } from './batch.ts';

/** A context inside a transaction: only here can events be emitted. */
export interface TxCtx extends Ctx {
  readonly sql: Transaction;
  emit(event: EmittedEvent): void;
  /** Runs as the last work before what was emitted is appended: for a lock everybody needs, held as shortly as can be. */
  beforeCommit(work: () => Promise<void>): void;
  /** Runs after the commit, not at all after a rollback: for tidying up that must not hold locks. */
  afterCommit(work: () => Promise<void>): void;
}

/** Whether this context is already inside a transaction. */
export function isInTransaction(ctx: object): ctx is TxCtx {
  return 'emit' in ctx && 'afterCommit' in ctx;
}
