import type { Sql } from '../../platform/postgres/index.ts';
import { duePromises } from '../inventory/index.ts';
import { listPreorders } from './order-lookup-store.ts';
import { orderOfRef, ownerRefOf } from './stock-effects.ts';

/** Somebody who pre-ordered a variant. */
export interface Preorderer {
  readonly profileId: string;
  readonly node: number;
  /** As things are; null: nobody knows. */
  readonly dueAtMs: number | null;
  /** As she was told when she ordered. */
  readonly promisedAtMs: number | null;
}

/**
 * Whose pre-orders of a variant wait, and when these come, each profile once, in the order of their ids: of several orders the one
 * that comes last. Four queries; every promise of the variant is read, since each one's date depends on those before it.
 */
export async function preorderersOf(
  sql: Sql,
  workspaceId: number,
  asked: { readonly variantId: string; readonly afterProfileId: string | null; readonly limit: number },
): Promise<Preorderer[]> {
  const due = await duePromises(sql, workspaceId, [asked.variantId]);
  const ids = [...due.keys()].flatMap((ref) => orderOfRef(ref) ?? []);
  if (ids.length === 0) return [];
  const { afterProfileId, limit } = asked;
  const rows = await listPreorders(sql, workspaceId, { ids, afterProfileId, limit });
  const waiting = new Map<string, Preorderer>();
  for (const { id, profileId, node, promisedAtMs } of rows) {
    const own = { profileId, node, promisedAtMs, dueAtMs: due.get(ownerRefOf(id)) ?? null };
    const known = waiting.get(profileId);
    if (known === undefined || comesAfter(own.dueAtMs, known.dueAtMs)) waiting.set(profileId, own);
  }
  return [...waiting.values()];
}

function comesAfter(a: number | null, b: number | null): boolean {
  return (a ?? Infinity) > (b ?? Infinity);
}
