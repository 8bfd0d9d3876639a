import type { Sql } from '../../platform/postgres/index.ts';
import { isPersonalTrait, SESSION_TRAITS } from '../events/index.ts';
import { loadIdentifierReader } from '../profiles/index.ts';

/** Whether a trait is only what identify calls say of it: neither sealed, so that history cannot read it, nor derived. */
export async function loadSaidTraits(sql: Sql, workspaceId: number): Promise<(trait: string) => boolean> {
  const { ownFields } = await loadIdentifierReader(sql, workspaceId);
  const derived = new Set<string>([...SESSION_TRAITS, 'company_ids', 'company_roles']);
  return (trait) => !isPersonalTrait(trait) && !ownFields.has(trait) && !derived.has(trait);
}
