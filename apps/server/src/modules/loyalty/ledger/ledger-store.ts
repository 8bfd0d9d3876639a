import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { AccountState, Allocation, Entry, EntryKind, Lot } from './ledger.ts';

/** An account with its lots, locked: whoever has it decides alone. */
export interface AccountRow extends AccountState {
  readonly id: string;
  readonly programId: string;
  readonly profileId: string;
  readonly node: number;
}

export interface AccountKey {
  readonly id: string;
  readonly programId: string;
  readonly profileId: string;
  readonly node: number;
}

/** Accounts of these customers; those that are not there begin empty. In one order for all. */
export async function ensureAccounts(
  sql: Sql,
  workspaceId: number,
  { accounts, at }: { accounts: readonly AccountKey[]; at: Date },
): Promise<void> {
  if (accounts.length === 0) return;
  await sql.query({
    name: 'loyalty_account_ensure',
    text: `insert into loyalty_account (workspace_id, id, program_id, profile_id, node, created_at)
           select $1, a.id, a.program_id, a.profile_id, a.node, $6
           from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[]) as a(id, program_id, profile_id, node)
           order by a.program_id, a.profile_id on conflict (workspace_id, program_id, profile_id) do nothing`,
    values: [
      ...[workspaceId, arrayLiteral(accounts.map((one) => one.id)), arrayLiteral(accounts.map((one) => one.programId))],
      ...[arrayLiteral(accounts.map((one) => one.profileId)), arrayLiteral(accounts.map((one) => one.node)), at],
    ],
  });
}

interface RawAccount {
  id: string;
  program_id: string;
  profile_id: string;
  node: number;
  balance: number;
  pending: number;
  debt: number;
  earned: number;
  spent: number;
}

/**
 * Accounts of these customers in these programs, locked in one order, each with the lots that still count, those of these
 * sources and those that burns of these references took from. Three queries.
 */
export async function lockAccounts(
  sql: Sql,
  workspaceId: number,
  asked: { profileIds: readonly string[]; programIds: readonly string[]; refs: readonly string[] },
): Promise<AccountRow[]> {
  const { rows } = await sql.query<RawAccount>({
    name: 'loyalty_account_lock',
    text: `select id, program_id, profile_id, node, balance, pending, debt, earned, spent from loyalty_account
           where workspace_id = $1 and profile_id = any($2::uuid[]) and program_id = any($3::uuid[])
           order by program_id, profile_id for update`,
    values: [workspaceId, arrayLiteral(asked.profileIds), arrayLiteral(asked.programIds)],
  });
  return loadLots(sql, workspaceId, { accounts: rows, refs: asked.refs });
}

/** As `lockAccounts`, by the accounts' own ids. */
export async function lockAccountsById(
  sql: Sql,
  workspaceId: number,
  asked: { ids: readonly string[]; refs: readonly string[] },
): Promise<AccountRow[]> {
  const { rows } = await sql.query<RawAccount>({
    name: 'loyalty_account_lock_ids',
    text: `select id, program_id, profile_id, node, balance, pending, debt, earned, spent from loyalty_account
           where workspace_id = $1 and id = any($2::uuid[]) order by program_id, profile_id for update`,
    values: [workspaceId, arrayLiteral(asked.ids)],
  });
  return loadLots(sql, workspaceId, { accounts: rows, refs: asked.refs });
}

async function loadLots(
  sql: Sql,
  workspaceId: number,
  { accounts, refs }: { accounts: readonly RawAccount[]; refs: readonly string[] },
): Promise<AccountRow[]> {
  if (accounts.length === 0) return [];
  const ids = arrayLiteral(accounts.map((one) => one.id));
  const allocations = await sql.query<{
    account_id: string;
    ref: string;
    lot_id: string;
    quantity: number;
    restored: number;
  }>({
    name: 'burn_allocation_read',
    text: `select account_id, ref, lot_id, quantity, restored from burn_allocation
           where workspace_id = $1 and account_id = any($2::uuid[]) and ref = any($3::text[])
           order by account_id, ref, lot_id`,
    values: [workspaceId, ids, refs],
  });
  const lots = await sql.query<{
    id: string;
    account_id: string;
    source_ref: string;
    earned: number;
    remaining: number;
    state: Lot['state'];
    available_at: Date;
    expires_at: Date | null;
  }>({
    name: 'loyalty_lot_read',
    text: `select id, account_id, source_ref, earned, remaining, state, available_at, expires_at from loyalty_lot
           where workspace_id = $1 and account_id = any($2::uuid[])
             and (state in ('pending', 'active') or source_ref = any($3::text[]) or id = any($4::uuid[]))`,
    values: [workspaceId, ids, refs, arrayLiteral(allocations.rows.map((one) => one.lot_id))],
  });
  return accounts.map(({ program_id: programId, profile_id: profileId, ...account }) => ({
    ...{ ...account, programId, profileId },
    lots: lots.rows.filter((row) => row.account_id === account.id).map(lotOf),
    allocations: allocations.rows
      .filter((row) => row.account_id === account.id)
      .map(({ ref, lot_id: lotId, quantity, restored }) => ({ ref, lotId, quantity, restored })),
  }));
}

function lotOf(row: {
  id: string;
  source_ref: string;
  earned: number;
  remaining: number;
  state: Lot['state'];
  available_at: Date;
  expires_at: Date | null;
}): Lot {
  return {
    ...{ id: row.id, sourceRef: row.source_ref, earned: row.earned, remaining: row.remaining, state: row.state },
    availableAtMs: row.available_at.getTime(),
    expiresAtMs: row.expires_at?.getTime() ?? null,
  };
}

/** Which entries were made before. */
export async function findEntryKeys(
  sql: Sql,
  workspaceId: number,
  asked: readonly { accountId: string; key: string }[],
): Promise<Set<string>> {
  if (asked.length === 0) return new Set();
  const { rows } = await sql.query<{ account_id: string; key: string }>({
    name: 'loyalty_entry_keys',
    text: `select e.account_id, e.key from unnest($2::uuid[], $3::text[]) as k(account_id, key)
           join loyalty_entry e on e.workspace_id = $1 and e.account_id = k.account_id and e.key = k.key`,
    values: [workspaceId, arrayLiteral(asked.map((one) => one.accountId)), asked.map((one) => one.key)],
  });
  return new Set(rows.map((row) => `${row.account_id}/${row.key}`));
}

export interface AccountWrite {
  readonly before: AccountRow;
  readonly after: AccountState;
  readonly entries: readonly Entry[];
}

/** Accounts as they are to be, with their lots, burns and entries. Four statements, whatever their number. */
export async function writeAccounts(
  sql: Sql,
  workspaceId: number,
  { writes, at }: { writes: readonly AccountWrite[]; at: Date },
): Promise<void> {
  if (writes.length === 0) return;
  await sql.query({
    name: 'loyalty_account_write',
    text: `update loyalty_account a set balance = w.balance, pending = w.pending, debt = w.debt, earned = w.earned,
             spent = w.spent
           from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
             as w(id, balance, pending, debt, earned, spent)
           where a.workspace_id = $1 and a.id = w.id`,
    values: [
      ...[workspaceId, arrayLiteral(writes.map(({ before }) => before.id))],
      ...(['balance', 'pending', 'debt', 'earned', 'spent'] as const).map((field) =>
        arrayLiteral(writes.map(({ after }) => after[field])),
      ),
    ],
  });
  const lots = writes.flatMap(({ before, after }) =>
    after.lots.filter((lot) => !before.lots.includes(lot)).map((lot) => ({ accountId: before.id, lot })),
  );
  await putLots(sql, workspaceId, { lots, at });
  const allocations = writes.flatMap(({ before, after }) =>
    after.allocations.filter((one) => !before.allocations.includes(one)).map((one) => ({ accountId: before.id, one })),
  );
  await putAllocations(sql, workspaceId, allocations);
  const entries = writes.flatMap(({ before, entries: own }) => own.map((entry) => ({ accountId: before.id, entry })));
  await insertEntries(sql, workspaceId, { entries, at });
}

async function putLots(
  sql: Sql,
  workspaceId: number,
  { lots, at }: { lots: readonly { accountId: string; lot: Lot }[]; at: Date },
): Promise<void> {
  if (lots.length === 0) return;
  await sql.query({
    name: 'loyalty_lot_put',
    text: `insert into loyalty_lot (workspace_id, id, account_id, source_ref, earned, remaining, state, available_at, expires_at,
             created_at)
           select $1, l.*, $10 from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
             $8::timestamptz[], $9::timestamptz[]) as l
           on conflict (workspace_id, id) do update set remaining = excluded.remaining, state = excluded.state`,
    values: [
      ...[workspaceId, arrayLiteral(lots.map(({ lot }) => lot.id)), arrayLiteral(lots.map((one) => one.accountId))],
      ...[lots.map(({ lot }) => lot.sourceRef), arrayLiteral(lots.map(({ lot }) => lot.earned))],
      ...[arrayLiteral(lots.map(({ lot }) => lot.remaining)), lots.map(({ lot }) => lot.state)],
      lots.map(({ lot }) => new Date(lot.availableAtMs)),
      lots.map(({ lot }) => (lot.expiresAtMs === null ? null : new Date(lot.expiresAtMs))),
      at,
    ],
  });
}

async function putAllocations(
  sql: Sql,
  workspaceId: number,
  allocations: readonly { accountId: string; one: Allocation }[],
): Promise<void> {
  if (allocations.length === 0) return;
  await sql.query({
    name: 'burn_allocation_put',
    text: `insert into burn_allocation (workspace_id, account_id, ref, lot_id, quantity, restored)
           select $1, b.* from unnest($2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::bigint[]) as b
           on conflict (workspace_id, account_id, ref, lot_id) do update set quantity = excluded.quantity,
             restored = excluded.restored`,
    values: [
      ...[workspaceId, arrayLiteral(allocations.map((row) => row.accountId)), allocations.map(({ one }) => one.ref)],
      ...[
        arrayLiteral(allocations.map(({ one }) => one.lotId)),
        arrayLiteral(allocations.map(({ one }) => one.quantity)),
      ],
      arrayLiteral(allocations.map(({ one }) => one.restored)),
    ],
  });
}

async function insertEntries(
  sql: Sql,
  workspaceId: number,
  { entries, at }: { entries: readonly { accountId: string; entry: Entry }[]; at: Date },
): Promise<void> {
  if (entries.length === 0) return;
  const all = entries.map(({ entry }) => entry);
  await sql.query({
    name: 'loyalty_entry_insert',
    text: `insert into loyalty_entry (workspace_id, account_id, kind, delta_balance, delta_pending, delta_debt, lot_id, ref, key,
             reason, balance_after, at)
           select $1, e.*, $12 from unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::uuid[],
             $8::text[], $9::text[], $10::text[], $11::bigint[]) as e`,
    values: [
      ...[workspaceId, arrayLiteral(entries.map((one) => one.accountId)), all.map((one) => one.kind)],
      ...[arrayLiteral(all.map((one) => one.deltaBalance)), arrayLiteral(all.map((one) => one.deltaPending))],
      ...[arrayLiteral(all.map((one) => one.deltaDebt)), all.map((one) => one.lotId), all.map((one) => one.ref)],
      ...[all.map((one) => one.key), all.map((one) => one.reason), arrayLiteral(all.map((one) => one.balanceAfter))],
      at,
    ],
  });
}

export interface EntryRow {
  readonly id: number;
  readonly kind: EntryKind;
  readonly delta_balance: number;
  readonly delta_pending: number;
  readonly delta_debt: number;
  readonly ref: string;
  readonly reason: string | null;
  readonly balance_after: number;
  readonly at: Date;
}

/** Newest first. By `loyalty_entry_account`. */
export async function pageEntries(
  sql: Sql,
  workspaceId: number,
  page: { accountIds: readonly string[]; beforeId: number | null; limit: number },
): Promise<EntryRow[]> {
  const { rows } = await sql.query<EntryRow>({
    text: `select id, kind, delta_balance, delta_pending, delta_debt, ref, reason, balance_after, at from loyalty_entry
           where workspace_id = $1 and account_id = any($2::uuid[]) and ($3::bigint is null or id < $3)
           order by id desc limit $4`,
    values: [workspaceId, arrayLiteral(page.accountIds), page.beforeId, page.limit],
  });
  return rows;
}
