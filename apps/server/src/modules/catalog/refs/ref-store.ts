import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { ExternalRef } from '../external-ref.ts';

/** What is called so: `product`, `variant`, `location`, `order`, `customer`. */
export interface KindedRef extends ExternalRef {
  readonly kind: string;
}

const columnsOf = (refs: readonly KindedRef[]) => [
  refs.map((ref) => ref.source),
  refs.map((ref) => ref.kind),
  refs.map((ref) => ref.id),
];

/** What each ref means here, in their order; undefined: nothing yet. By the primary key. */
export async function findRefs(
  sql: Sql,
  workspaceId: number,
  refs: readonly KindedRef[],
): Promise<(string | undefined)[]> {
  if (refs.length === 0) return [];
  const { rows } = await sql.query<{ place: number; internal_id: string }>({
    name: 'external_ref_find',
    text: `select r.place, e.internal_id from unnest($2::text[], $3::text[], $4::text[]) with ordinality as r(source, kind, id, place)
           join external_ref e on e.workspace_id = $1 and e.source = r.source and e.kind = r.kind and e.external_id = r.id`,
    values: [workspaceId, ...columnsOf(refs)],
  });
  const found = new Map(rows.map((row) => [row.place, row.internal_id]));
  return refs.map((_ref, at) => found.get(at + 1));
}

/**
 * Says what refs mean; one that means something already keeps it. Answers what each means now, in their order. Whoever else
 * says the same at the same time waits.
 */
export async function recordRefs(
  sql: Sql,
  workspaceId: number,
  refs: readonly (KindedRef & { readonly internalId: string })[],
): Promise<string[]> {
  if (refs.length === 0) return [];
  await sql.query({
    name: 'external_ref_record',
    text: `insert into external_ref (workspace_id, source, kind, external_id, internal_id)
           select $1, r.source, r.kind, r.id, r.internal_id
           from unnest($2::text[], $3::text[], $4::text[], $5::uuid[]) as r(source, kind, id, internal_id)
           order by r.source, r.kind, r.id on conflict do nothing`,
    values: [workspaceId, ...columnsOf(refs), arrayLiteral(refs.map((ref) => ref.internalId))],
  });
  const known = await findRefs(sql, workspaceId, refs);
  return known.map((id, at) => id ?? refs[at]!.internalId);
}

/** What our things are called outside: by our ids. By `external_ref_internal`. */
export async function listRefsOf(
  sql: Sql,
  workspaceId: number,
  internalIds: readonly string[],
): Promise<Map<string, KindedRef[]>> {
  const refs = new Map<string, KindedRef[]>();
  if (internalIds.length === 0) return refs;
  const { rows } = await sql.query<{ source: string; kind: string; external_id: string; internal_id: string }>({
    name: 'external_ref_of',
    text: `select source, kind, external_id, internal_id from external_ref
           where workspace_id = $1 and internal_id = any($2::uuid[]) order by internal_id, source, external_id`,
    values: [workspaceId, arrayLiteral(internalIds)],
  });
  for (const { source, kind, external_id: id, internal_id: internalId } of rows)
    refs.set(internalId, [...(refs.get(internalId) ?? []), { source, kind, id }]);
  return refs;
}
