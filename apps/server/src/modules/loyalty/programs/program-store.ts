import type { Sql } from '../../../platform/postgres/index.ts';
import type { PointsTerms, Program } from './program.ts';

interface ProgramRow {
  id: string;
  key: string;
  name: string;
  unit: string;
  state: Program['state'];
  versions: { version: number; terms: PointsTerms; ms: number }[];
}

/** All programs with all the terms they had, the oldest first: they are few. */
export async function listPrograms(sql: Sql, workspaceId: number): Promise<Program[]> {
  const { rows } = await sql.query<ProgramRow>({
    name: 'points_program_list',
    text: `select p.id, p.key, p.name, p.unit, p.state, (
             select json_agg(json_build_object('version', v.version, 'terms', v.terms,
               'ms', floor(extract(epoch from v.holds_from) * 1000)) order by v.version)
             from points_program_version v where v.workspace_id = $1 and v.program_id = p.id) as versions
           from points_program p where p.workspace_id = $1 order by p.created_at, p.id`,
    values: [workspaceId],
  });
  return rows.map(({ versions, ...row }) => ({
    ...row,
    versions: versions.map(({ version, terms, ms }) => ({ version, terms, holdsFromMs: ms })),
  }));
}

export interface PresentableRow {
  id: string;
  key: string;
  name: string;
  unit: string;
  state: Program['state'];
  version: number;
  terms: PointsTerms;
  starts_at: Date;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = 'p.id, p.key, p.name, p.unit, p.state, p.version, v.terms, p.starts_at, p.created_at, p.updated_at';
const FROM = `from points_program p
  join points_program_version v on v.workspace_id = p.workspace_id and v.program_id = p.id and v.version = p.version`;

export async function pagePrograms(
  sql: Sql,
  workspaceId: number,
  page: { beforeId: string | null; limit: number },
): Promise<PresentableRow[]> {
  const { rows } = await sql.query<PresentableRow>({
    text: `select ${COLUMNS} ${FROM} where p.workspace_id = $1 and ($2::uuid is null or p.id < $2) order by p.id desc limit $3`,
    values: [workspaceId, page.beforeId, page.limit],
  });
  return rows;
}

export async function findProgramByKey(
  sql: Sql,
  workspaceId: number,
  key: string,
): Promise<PresentableRow | undefined> {
  const { rows } = await sql.query<PresentableRow>({
    text: `select ${COLUMNS} ${FROM} where p.workspace_id = $1 and p.key = $2`,
    values: [workspaceId, key],
  });
  return rows[0];
}

export async function lockProgram(sql: Sql, workspaceId: number, key: string): Promise<void> {
  await sql.query({
    text: 'select from points_program where workspace_id = $1 and key = $2 for update',
    values: [workspaceId, key],
  });
}

/** False: there is one of this key. */
export async function insertProgram(
  sql: Sql,
  workspaceId: number,
  program: { id: string; key: string; name: string; unit: string; startsAt: Date; at: Date },
): Promise<boolean> {
  const { id, key, name, unit, startsAt, at } = program;
  const { rowCount } = await sql.query({
    text: `insert into points_program (workspace_id, id, key, name, unit, state, version, starts_at, created_at, updated_at)
           values ($1, $2, $3, $4, $5, 'active', 1, $6, $7, $7) on conflict (workspace_id, key) do nothing`,
    values: [workspaceId, id, key, name, unit, startsAt, at],
  });
  return rowCount > 0;
}

export async function insertTerms(
  sql: Sql,
  workspaceId: number,
  terms: { programId: string; version: number; terms: PointsTerms; holdsFrom: Date },
): Promise<void> {
  await sql.query({
    text: `insert into points_program_version (workspace_id, program_id, version, terms, holds_from)
           values ($1, $2, $3, $4, $5)`,
    values: [workspaceId, terms.programId, terms.version, JSON.stringify(terms.terms), terms.holdsFrom],
  });
}

export async function updateProgramRow(
  sql: Sql,
  workspaceId: number,
  change: { id: string; name: string; unit: string; state: string; version: number; at: Date },
): Promise<void> {
  const { id, name, unit, state, version, at } = change;
  await sql.query({
    text: `update points_program set name = $3, unit = $4, state = $5, version = $6, updated_at = $7
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, id, name, unit, state, version, at],
  });
}

export interface Totals {
  balance: number;
  pending: number;
  debt: number;
  lifetimeEarned: number;
  lifetimeBurned: number;
}

export async function sumAccounts(sql: Sql, workspaceId: number, programId: string): Promise<Totals> {
  const { rows } = await sql.query<Totals>({
    text: `select coalesce(sum(balance), 0)::bigint as balance, coalesce(sum(pending), 0)::bigint as pending,
             coalesce(sum(debt), 0)::bigint as debt, coalesce(sum(lifetime_earned), 0)::bigint as "lifetimeEarned",
             coalesce(sum(lifetime_burned), 0)::bigint as "lifetimeBurned"
           from loyalty_account where workspace_id = $1 and program_id = $2`,
    values: [workspaceId, programId],
  });
  return rows[0]!;
}
