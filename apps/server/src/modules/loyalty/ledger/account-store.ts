import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Account } from './account.ts';

interface AccountRow {
  id: string;
  program_id: string;
  profile_id: string | null;
  node: number | null;
  balance: number;
  pending: number;
  debt: number;
  lifetime_earned: number;
  lifetime_burned: number;
  active_at: Date | null;
}

const COLUMNS = `a.id, a.program_id, a.profile_id, a.node, a.balance, a.pending, a.debt, a.lifetime_earned, a.lifetime_burned,
  a.active_at`;

function accountOf(row: AccountRow): Account {
  return {
    ...{ id: row.id, programId: row.program_id, profileId: row.profile_id, node: row.node },
    ...{ balance: row.balance, pending: row.pending, debt: row.debt },
    ...{ lifetimeEarned: row.lifetime_earned, lifetimeBurned: row.lifetime_burned },
    activeAtMs: row.active_at?.getTime() ?? null,
  };
}

/** Whose an account is to be. */
export interface AccountOwner {
  readonly programId: string;
  readonly profileId: string;
  readonly node: number;
}

/** Makes those that are not there, and sees to it that all are their owners'. */
export async function ensureAccounts(
  sql: Sql,
  workspaceId: number,
  { owners, newId, at }: { owners: readonly AccountOwner[]; newId: () => string; at: Date },
): Promise<void> {
  if (owners.length === 0) return;
  const unique = [...new Map(owners.map((owner) => [`${owner.programId} ${owner.node}`, owner])).values()];
  await sql.query({
    name: 'loyalty_account_ensure',
    text: `insert into loyalty_account as a (workspace_id, id, program_id, profile_id, node, created_at)
           select $1, o.id, o.program_id, o.profile_id, o.node, $6
           from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[]) as o(id, program_id, profile_id, node)
           order by o.program_id, o.node
           on conflict (workspace_id, program_id, node) do update set profile_id = excluded.profile_id
           where a.profile_id is distinct from excluded.profile_id`,
    values: [
      workspaceId,
      arrayLiteral(unique.map(newId)),
      arrayLiteral(unique.map((owner) => owner.programId)),
      arrayLiteral(unique.map((owner) => owner.profileId)),
      arrayLiteral(unique.map((owner) => owner.node)),
      at,
    ],
  });
}

/**
 * All accounts of these customers and of whoever has these accounts, locked in one order. Asked twice: one that came into being
 * while this waited for a lock is seen by the second, and nobody is told that she has less than she has.
 */
export async function lockAccounts(
  sql: Sql,
  workspaceId: number,
  asked: { profileIds: readonly string[]; ids: readonly string[] },
): Promise<Account[]> {
  if (asked.profileIds.length + asked.ids.length === 0) return [];
  const lock = () =>
    sql.query<AccountRow>({
      name: 'loyalty_account_lock',
      text: `select ${COLUMNS} from loyalty_account a
             where a.workspace_id = $1 and (a.profile_id = any($2::uuid[]) or a.id = any($3::uuid[])
               or a.profile_id in (select profile_id from loyalty_account where workspace_id = $1 and id = any($3::uuid[])))
             order by a.id for update`,
      values: [workspaceId, arrayLiteral(asked.profileIds), arrayLiteral(asked.ids)],
    });
  await lock();
  return (await lock()).rows.map(accountOf);
}

/** Without a lock: for who only asks. By `loyalty_account_profile`. */
export async function readAccounts(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<Account[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<AccountRow>({
    name: 'loyalty_account_read',
    text: `select ${COLUMNS} from loyalty_account a where a.workspace_id = $1 and a.profile_id = any($2::uuid[]) order by a.id`,
    values: [workspaceId, arrayLiteral(profileIds)],
  });
  return rows.map(accountOf);
}

export async function writeAccounts(sql: Sql, workspaceId: number, accounts: readonly Account[]): Promise<void> {
  if (accounts.length === 0) return;
  await sql.query({
    name: 'loyalty_account_write',
    text: `update loyalty_account a set balance = w.balance, pending = w.pending, debt = w.debt, lifetime_earned = w.earned,
             lifetime_burned = w.burned, active_at = w.active_at
           from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[])
             as w(id, balance, pending, debt, earned, burned, active_at)
           where a.workspace_id = $1 and a.id = w.id`,
    values: [
      workspaceId,
      arrayLiteral(accounts.map((one) => one.id)),
      arrayLiteral(accounts.map((one) => one.balance)),
      arrayLiteral(accounts.map((one) => one.pending)),
      arrayLiteral(accounts.map((one) => one.debt)),
      arrayLiteral(accounts.map((one) => one.lifetimeEarned)),
      arrayLiteral(accounts.map((one) => one.lifetimeBurned)),
      accounts.map((one) => (one.activeAtMs === null ? null : new Date(one.activeAtMs))),
    ],
  });
}
