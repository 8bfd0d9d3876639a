import type { Sql } from '../../platform/postgres/index.ts';
import { noteFacts } from '../profiles/index.ts';
import { REACH_FACTS } from './consent-facts.ts';
import type { SuppressionReason } from './permission.ts';
import { deleteSuppressions, insertSuppressions, type Suppression } from './suppression-store.ts';

interface Suppressing {
  readonly nowMs: number;
  /** Whose address it is, if it is known to be somebody's: rules are asked again about them. */
  readonly holders?: readonly string[] | undefined;
}

/** Makes an address unusable from the next gate decision on, for every profile that has it. Harmless to repeat. */
export async function suppressAddress(
  sql: Sql,
  workspaceId: number,
  options: Suppressing & { readonly suppression: Suppression },
): Promise<void> {
  const { suppression, nowMs, holders = [] } = options;
  await insertSuppressions(sql, workspaceId, { suppressions: [suppression], nowMs });
  await noteFacts({ sql, workspaceId, now: nowMs }, holders, REACH_FACTS);
}

/** Lifts one reason, or all of them. */
export async function liftSuppression(
  sql: Sql,
  workspaceId: number,
  options: Suppressing & { channel: string; addressHash: string; reason: SuppressionReason | undefined },
): Promise<void> {
  const { nowMs, holders = [], ...named } = options;
  await deleteSuppressions(sql, workspaceId, named);
  await noteFacts({ sql, workspaceId, now: nowMs }, holders, REACH_FACTS);
}
