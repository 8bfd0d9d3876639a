import type { Ctx } from '../context.ts';
import type { TxCtx } from '../eventlog/index.ts';
import type { Json } from '../json.ts';

/** One customer, as every module knows her. */
export interface PersonalSubject {
  readonly profileId: string;
  /** Itself and all that were merged into it. */
  readonly profileIds: readonly string[];
  readonly nodes: readonly number[];
  /** What she is known by, normalised and in the clear; nothing once their keys are destroyed. */
  readonly identifiers: readonly { readonly kind: string; readonly value: string }[];
  /** The values of these alone. */
  readonly values: readonly string[];
}

export interface PersonalItem {
  readonly kind: string;
  readonly data: Json;
}

/** What one module keeps about customers. */
export interface PersonalDataKeeper {
  readonly name: string;
  /** What it erases and does not tell, by table, each with the reason: the export says so itself. */
  readonly untold: Readonly<Record<string, string>>;
  /**
   * Everything it knows of her, in an order of its own within a kind, sealed values opened. Bounded memory, and no lock: what
   * changes meanwhile is told as it was or as it is.
   */
  export(ctx: Ctx, subject: PersonalSubject): AsyncIterable<PersonalItem>;
  /** Deletes everything that names her. Can be repeated. */
  erase(ctx: TxCtx, subject: PersonalSubject): Promise<{ rows: number }>;
}
