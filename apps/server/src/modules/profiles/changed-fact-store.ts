import { arrayLiteral, type Sql } from '../../platform/postgres/index.ts';

/** Something about a profile that is not part of its own state, and changed. */
export interface ChangedFact {
  readonly profileId: string;
  readonly fact: string;
}

/**
 * Notes what changed. A row that waits already is written again, so that whoever takes it waits for this transaction and
 * sees what it changed. In order, against lock-ups.
 */
export async function insertChangedFacts(
  sql: Sql,
  workspaceId: number,
  noted: { profileIds: readonly string[]; facts: readonly string[]; at: Date },
): Promise<void> {
  if (noted.profileIds.length === 0 || noted.facts.length === 0) return;
  await sql.query({
    name: 'changed_fact_insert',
    text: `insert into changed_fact (workspace_id, profile_id, fact, noted_at)
           select distinct $1::integer, profile_id, fact, $4::timestamptz
           from unnest($2::uuid[]) as p(profile_id) cross join unnest($3::text[]) as f(fact) order by profile_id, fact
           on conflict (workspace_id, profile_id, fact) do update set noted_at = excluded.noted_at`,
    values: [workspaceId, arrayLiteral(noted.profileIds), noted.facts, noted.at],
  });
}

/** Notes what changed for every profile there is: about 10 µs each. */
export async function noteFactsOfEveryone(
  sql: Sql,
  workspaceId: number,
  noted: { facts: readonly string[]; at: Date },
): Promise<void> {
  await sql.query({
    text: `insert into changed_fact (workspace_id, profile_id, fact, noted_at)
           select $1::integer, p.id, f.fact, $3::timestamptz
           from profile p cross join unnest($2::text[]) as f(fact)
           where p.workspace_id = $1 and p.merged_into is null order by p.id, f.fact
           on conflict (workspace_id, profile_id, fact) do update set noted_at = excluded.noted_at`,
    values: [workspaceId, noted.facts, noted.at],
  });
}

/** Notes a fact for everybody who belongs, or belonged, to these companies. By primary key of `company_member`. */
export async function insertMembersFacts(
  sql: Sql,
  workspaceId: number,
  noted: { companyIds: readonly string[]; fact: string; at: Date },
): Promise<void> {
  if (noted.companyIds.length === 0) return;
  await sql.query({
    name: 'changed_fact_members',
    text: `insert into changed_fact (workspace_id, profile_id, fact, noted_at)
           select distinct $1::integer, profile_id, $3::text, $4::timestamptz from company_member
           where workspace_id = $1 and company_id = any($2::uuid[]) order by profile_id
           on conflict (workspace_id, profile_id, fact) do update set noted_at = excluded.noted_at`,
    values: [workspaceId, arrayLiteral(noted.companyIds), noted.fact, noted.at],
  });
}

/**
 * What waits at an instant, of all workspaces, the longest waiting first; a profile may come several times. By
 * `changed_fact_noted_at`.
 */
export async function listChangedFacts(
  sql: Sql,
  options: { at: Date; limit: number },
): Promise<{ workspace_id: number; profile_id: string; fact: string }[]> {
  const { rows } = await sql.query<{ workspace_id: number; profile_id: string; fact: string }>({
    name: 'changed_fact_list',
    // every workspace: one loop serves them all.
    text: 'select workspace_id, profile_id, fact from changed_fact where noted_at <= $1 order by noted_at limit $2',
    values: [options.at, options.limit],
  });
  return rows;
}

/**
 * Takes what waits for these profiles: their subjects must be locked first, and what changed be read after. Whoever notes
 * something meanwhile writes a row again.
 */
export async function takeChangedFacts(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<ChangedFact[]> {
  if (profileIds.length === 0) return [];
  const { rows } = await sql.query<{ profile_id: string; fact: string }>({
    name: 'changed_fact_take',
    text: `delete from changed_fact where workspace_id = $1 and profile_id = any($2::uuid[])
           returning profile_id, fact`,
    values: [workspaceId, arrayLiteral(profileIds)],
  });
  return rows.map((row) => ({ profileId: row.profile_id, fact: row.fact }));
}

/** What waits for these profiles could not be taken: it waits until then. */
export async function postponeChangedFacts(
  sql: Sql,
  workspaceId: number,
  { profileIds, until }: { profileIds: readonly string[]; until: Date },
): Promise<void> {
  if (profileIds.length === 0) return;
  await sql.query({
    text: 'update changed_fact set noted_at = $3 where workspace_id = $1 and profile_id = any($2::uuid[])',
    values: [workspaceId, arrayLiteral(profileIds), until],
  });
}

/** Forgets what nobody reads; only of facts that no rule reads, whose next reader looks at everybody anyway. */
export async function dropChangedFacts(
  sql: Sql,
  workspaceId: number,
  dropped: { profileIds: readonly string[]; facts: readonly string[] },
): Promise<void> {
  if (dropped.profileIds.length === 0 || dropped.facts.length === 0) return;
  await sql.query({
    name: 'changed_fact_drop',
    text: `delete from changed_fact
           where workspace_id = $1 and profile_id = any($2::uuid[]) and fact = any($3::text[])`,
    values: [workspaceId, arrayLiteral(dropped.profileIds), dropped.facts],
  });
}
