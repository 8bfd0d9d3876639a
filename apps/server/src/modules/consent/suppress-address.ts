import type { Sql } from '../../platform/postgres/index.ts';
import { insertSuppressions, type Suppression } from './suppression-store.ts';

/** Makes an address unusable from the next gate decision on, for every profile that has it. Harmless to repeat. */
export async function suppressAddress(
  sql: Sql,
  workspaceId: number,
  options: { suppression: Suppression; nowMs: number },
): Promise<void> {
  await insertSuppressions(sql, workspaceId, { suppressions: [options.suppression], nowMs: options.nowMs });
}
