import type { Sql } from '../../../platform/postgres/index.ts';
import type { RuleState, RuleWords } from './rule.ts';

export interface RuleRow {
  id: string;
  program_id: string;
  state: RuleState;
  rule: RuleWords;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = 'id, program_id, state, rule, created_at, updated_at';

export async function insertRule(
  sql: Sql,
  workspaceId: number,
  { id, programId, rule, at }: { id: string; programId: string; rule: RuleWords; at: Date },
): Promise<void> {
  await sql.query({
    text: `insert into points_rule (workspace_id, id, program_id, state, rule, created_at, updated_at)
           values ($1, $2, $3, 'active', $4, $5, $5)`,
    values: [workspaceId, id, programId, JSON.stringify(rule), at],
  });
}

export async function findRule(sql: Sql, workspaceId: number, id: string): Promise<RuleRow | undefined> {
  const { rows } = await sql.query<RuleRow>({
    text: `select ${COLUMNS} from points_rule where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function updateRuleRow(
  sql: Sql,
  workspaceId: number,
  { id, state, rule, at }: { id: string; state: RuleState; rule: RuleWords; at: Date },
): Promise<void> {
  await sql.query({
    text: 'update points_rule set state = $3, rule = $4, updated_at = $5 where workspace_id = $1 and id = $2',
    values: [workspaceId, id, state, JSON.stringify(rule), at],
  });
}

export async function countRules(sql: Sql, workspaceId: number): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    text: `select count(*)::integer as n from points_rule where workspace_id = $1 and state <> 'archived'`,
    values: [workspaceId],
  });
  return rows[0]!.n;
}

export async function listActiveRules(sql: Sql, workspaceId: number): Promise<RuleRow[]> {
  const { rows } = await sql.query<RuleRow>({
    name: 'points_rule_active',
    text: `select ${COLUMNS} from points_rule where workspace_id = $1 and state = 'active' order by id`,
    values: [workspaceId],
  });
  return rows;
}

export async function pageRules(
  sql: Sql,
  workspaceId: number,
  page: { programId: string; beforeId: string | null; limit: number },
): Promise<RuleRow[]> {
  const { rows } = await sql.query<RuleRow>({
    text: `select ${COLUMNS} from points_rule
           where workspace_id = $1 and program_id = $2 and ($3::uuid is null or id < $3) order by id desc limit $4`,
    values: [workspaceId, page.programId, page.beforeId, page.limit],
  });
  return rows;
}
