import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Entry, EntryKind } from './entry.ts';

/** Writes entries in their order, each once for ever, and what they took from which lots. */
export async function insertEntries(
  sql: Sql,
  workspaceId: number,
  { entries, at }: { entries: readonly Entry[]; at: Date },
): Promise<void> {
  if (entries.length === 0) return;
  const column = <T>(of: (entry: Entry) => T) => entries.map(of);
  const { rows } = await sql.query<{ id: number; idempotency_key: string }>({
    name: 'loyalty_entry_insert',
    text: `insert into loyalty_entry (workspace_id, account_id, kind, delta_balance, delta_pending, delta_debt, lot_id, ref,
             idempotency_key, balance_after, at)
           select $1, e.account_id, e.kind, e.balance, e.pending, e.debt, e.lot_id, e.ref, e.key, e.after, $11
           from unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::uuid[], $8::text[], $9::text[],
             $10::bigint[]) with ordinality as e(account_id, kind, balance, pending, debt, lot_id, ref, key, after, place)
           order by e.place returning id, idempotency_key`,
    values: [
      workspaceId,
      arrayLiteral(column((one) => one.accountId)),
      column((one) => one.kind),
      arrayLiteral(column((one) => one.deltaBalance)),
      arrayLiteral(column((one) => one.deltaPending)),
      arrayLiteral(column((one) => one.deltaDebt)),
      column((one) => one.lotId),
      column((one) => one.ref),
      column((one) => one.idempotencyKey),
      arrayLiteral(column((one) => one.balanceAfter)),
      at,
    ],
  });
  const idOf = new Map(rows.map((row) => [row.idempotency_key, row.id]));
  const allocations = entries.flatMap(({ idempotencyKey, burnId, allocations: parts }) =>
    parts.map((part) => ({ ...part, entryId: idOf.get(idempotencyKey)!, burnId })),
  );
  await insertAllocations(sql, workspaceId, allocations);
}

async function insertAllocations(
  sql: Sql,
  workspaceId: number,
  rows: readonly { entryId: number; lotId: string; quantity: number; burnId: string | null }[],
): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    name: 'burn_allocation_insert',
    text: `insert into burn_allocation (workspace_id, entry_id, lot_id, quantity, burn_id)
           select $1, a.* from unnest($2::bigint[], $3::uuid[], $4::bigint[], $5::uuid[]) as a`,
    values: [
      workspaceId,
      arrayLiteral(rows.map((row) => row.entryId)),
      arrayLiteral(rows.map((row) => row.lotId)),
      arrayLiteral(rows.map((row) => row.quantity)),
      rows.map((row) => row.burnId),
    ],
  });
}

/** Of what was spent, how much each lot has not got back yet. */
export async function listSpent(
  sql: Sql,
  workspaceId: number,
  burnIds: readonly string[],
): Promise<{ burnId: string; lotId: string; quantity: number }[]> {
  if (burnIds.length === 0) return [];
  const { rows } = await sql.query<{ burn_id: string; lot_id: string; quantity: number }>({
    name: 'burn_allocation_spent',
    text: `select burn_id, lot_id, -sum(quantity)::bigint as quantity from burn_allocation
           where workspace_id = $1 and burn_id = any($2::uuid[]) group by burn_id, lot_id having sum(quantity) < 0`,
    values: [workspaceId, arrayLiteral(burnIds)],
  });
  return rows.map((row) => ({ burnId: row.burn_id, lotId: row.lot_id, quantity: row.quantity }));
}

export interface EntryRow {
  id: number;
  program_id: string;
  kind: EntryKind;
  delta_balance: number;
  delta_pending: number;
  delta_debt: number;
  ref: string;
  balance_after: number;
  at: Date;
}

/** Of a customer, newest first. By `loyalty_entry_account`. */
export async function pageEntries(
  sql: Sql,
  workspaceId: number,
  page: { profileId: string; programId: string | null; beforeId: number | null; limit: number },
): Promise<EntryRow[]> {
  const { rows } = await sql.query<EntryRow>({
    text: `select e.id, a.program_id, e.kind, e.delta_balance, e.delta_pending, e.delta_debt, e.ref, e.balance_after, e.at
           from loyalty_account a cross join lateral (
             select * from loyalty_entry e where e.workspace_id = $1 and e.account_id = a.id
               and ($4::bigint is null or e.id < $4) order by e.id desc limit $5) e
           where a.workspace_id = $1 and a.profile_id = $2 and ($3::uuid is null or a.program_id = $3)
           order by e.id desc limit $5`,
    values: [workspaceId, page.profileId, page.programId, page.beforeId, page.limit],
  });
  return rows;
}
