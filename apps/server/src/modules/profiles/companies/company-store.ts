import type { Sql } from '../../../platform/postgres/index.ts';
import type { CompanyState, Membership } from './company-state.ts';

export interface CompanyRow {
  id: string;
  group_key: string;
  group_id: string | null;
  name: string | null;
  traits: CompanyState['traits'];
  personal: CompanyState['personal'];
  first_ms: number;
  last_ms: number;
  created_at: Date;
}

export interface MemberRow {
  company_id: string;
  profile_id: string;
  role: string | null;
  role_ms: number | null;
  first_ms: number;
  last_ms: number;
  left_ms: number | null;
}

const COMPANY = 'id, group_key, group_id, name, traits, personal, first_ms, last_ms, created_at';
const MEMBER = 'company_id, profile_id, role, role_ms, first_ms, last_ms, left_ms';
const PRESENT = '(left_ms is null or last_ms > left_ms)';

/** By groupId. By its unique index. */
export async function findCompaniesByKey(
  sql: Sql,
  workspaceId: number,
  keys: readonly string[],
): Promise<CompanyRow[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql.query<CompanyRow>({
    name: 'company_by_key',
    text: `select ${COMPANY} from company where workspace_id = $1 and group_key = any($2::uuid[])`,
    values: [workspaceId, keys],
  });
  return rows;
}

/** Locked in the order of their keys, so that two batches never wait for each other. */
export async function lockCompanies(sql: Sql, workspaceId: number, keys: readonly string[]): Promise<CompanyRow[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql.query<CompanyRow>({
    name: 'company_lock',
    text: `select ${COMPANY} from company where workspace_id = $1 and group_key = any($2::uuid[])
           order by group_key for no key update`,
    values: [workspaceId, keys],
  });
  return rows;
}

export interface CompanyWrite {
  readonly id: string;
  readonly groupKey: string;
  readonly name: string | null;
  readonly state: CompanyState;
}

/** Answers how many were new: another transaction may have been first. */
export async function insertCompanies(
  sql: Sql,
  workspaceId: number,
  options: { companies: readonly CompanyWrite[]; at: Date },
): Promise<number> {
  if (options.companies.length === 0) return 0;
  const sorted = [...options.companies].sort((a, b) => (a.groupKey < b.groupKey ? -1 : 1));
  const { rowCount } = await sql.query({
    name: 'company_insert',
    text: `insert into company (workspace_id, id, group_key, group_id, name, traits, personal, first_ms, last_ms, created_at)
           select $1, c.*, $10 from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[],
             $8::bigint[], $9::bigint[]) as c
           on conflict (workspace_id, group_key) do nothing`,
    values: [
      workspaceId,
      sorted.map((c) => c.id),
      sorted.map((c) => c.groupKey),
      sorted.map((c) => c.state.groupId ?? null),
      ...companyValues(sorted),
      options.at,
    ],
  });
  return rowCount ?? 0;
}

export async function updateCompanies(
  sql: Sql,
  workspaceId: number,
  companies: readonly CompanyWrite[],
): Promise<void> {
  if (companies.length === 0) return;
  await sql.query({
    name: 'company_update',
    text: `update company c set name = n.name, traits = n.traits, personal = n.personal, first_ms = n.first_ms, last_ms = n.last_ms
           from unnest($2::uuid[], $3::text[], $4::jsonb[], $5::jsonb[], $6::bigint[], $7::bigint[])
             as n(id, name, traits, personal, first_ms, last_ms)
           where c.workspace_id = $1 and c.id = n.id`,
    values: [workspaceId, companies.map((c) => c.id), ...companyValues(companies)],
  });
}

function companyValues(companies: readonly CompanyWrite[]): unknown[] {
  return [
    companies.map((c) => c.name),
    companies.map((c) => JSON.stringify(c.state.traits)),
    companies.map((c) => JSON.stringify(c.state.personal)),
    companies.map((c) => c.state.firstMs),
    companies.map((c) => c.state.lastMs),
  ];
}

export async function findCompany(sql: Sql, workspaceId: number, id: string): Promise<CompanyRow | undefined> {
  return (await findCompanies(sql, workspaceId, [id]))[0];
}

export async function findCompanies(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<CompanyRow[]> {
  const { rows } = await sql.query<CompanyRow>({
    name: 'company_find',
    text: `select ${COMPANY} from company where workspace_id = $1 and id = any($2::uuid[])`,
    values: [workspaceId, ids],
  });
  return rows;
}

/** Newest first, older than the cursor; with a name those that contain it, in any case: that reads all of them. */
export async function listCompanies(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | undefined; name: string | undefined; groupKey: string | undefined },
): Promise<CompanyRow[]> {
  const { rows } = await sql.query<CompanyRow>({
    name: 'company_list',
    text: `select ${COMPANY} from company
           where workspace_id = $1 and ($2::uuid is null or id < $2::uuid)
             and ($3::text is null or strpos(lower(name), lower($3::text)) > 0)
             and ($4::uuid is null or group_key = $4::uuid)
           order by id desc limit $5`,
    values: [workspaceId, page.beforeId ?? null, page.name ?? null, page.groupKey ?? null, page.limit],
  });
  return rows;
}

/** Every membership of the profiles, also of those who left. */
export async function listMemberships(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<MemberRow[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<MemberRow>({
    name: 'company_member_of_profiles',
    text: `select ${MEMBER} from company_member where workspace_id = $1 and profile_id = any($2::uuid[])`,
    values: [workspaceId, profileIds],
  });
  return rows;
}

/** The companies a profile belongs to, by id, after the cursor. */
export async function listCompaniesOf(
  sql: Sql,
  workspaceId: number,
  page: { profileId: string; afterId: string | undefined; limit: number },
): Promise<MemberRow[]> {
  const { rows } = await sql.query<MemberRow>({
    name: 'company_list_of_profile',
    text: `select ${MEMBER} from company_member
           where workspace_id = $1 and profile_id = $2 and ($3::uuid is null or company_id > $3::uuid) and ${PRESENT}
           order by company_id limit $4`,
    values: [workspaceId, page.profileId, page.afterId ?? null, page.limit],
  });
  return rows;
}

/** Who belongs to a company, by id, after the cursor. */
export async function listMembers(
  sql: Sql,
  workspaceId: number,
  page: { companyId: string; afterId: string | undefined; limit: number },
): Promise<MemberRow[]> {
  const { rows } = await sql.query<MemberRow>({
    name: 'company_member_list',
    text: `select ${MEMBER} from company_member
           where workspace_id = $1 and company_id = $2 and ($3::uuid is null or profile_id > $3::uuid) and ${PRESENT}
           order by profile_id limit $4`,
    values: [workspaceId, page.companyId, page.afterId ?? null, page.limit],
  });
  return rows;
}

export interface MembershipWrite {
  readonly companyId: string;
  readonly profileId: string;
  readonly membership: Membership;
}

/** Whoever writes holds the lock of the profile. */
export async function saveMemberships(
  sql: Sql,
  workspaceId: number,
  writes: readonly MembershipWrite[],
): Promise<void> {
  if (writes.length === 0) return;
  const of = <T>(pick: (membership: Membership) => T): T[] => writes.map(({ membership }) => pick(membership));
  await sql.query({
    name: 'company_member_save',
    text: `insert into company_member (workspace_id, company_id, profile_id, role, role_ms, first_ms, last_ms, left_ms)
           select $1, m.* from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) as m
           on conflict (workspace_id, company_id, profile_id) do update set role = excluded.role, role_ms = excluded.role_ms,
             first_ms = excluded.first_ms, last_ms = excluded.last_ms, left_ms = excluded.left_ms`,
    values: [
      workspaceId,
      writes.map((w) => w.companyId),
      writes.map((w) => w.profileId),
      of((m) => m.role),
      of((m) => m.roleMs),
      of((m) => m.firstMs),
      of((m) => m.lastMs),
      of((m) => m.leftMs),
    ],
  });
}

/** Profiles that were merged away belong to nothing. */
export async function deleteMemberships(sql: Sql, workspaceId: number, profileIds: readonly string[]): Promise<void> {
  if (profileIds.length === 0) return;
  await sql.query({
    name: 'company_member_delete',
    text: 'delete from company_member where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: [workspaceId, profileIds],
  });
}
