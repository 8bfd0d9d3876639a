import type { JsonObject } from '../../../platform/json.ts';
import type { Sql } from '../../../platform/postgres/index.ts';

export type OperationKind = 'earn' | 'burn' | 'refund' | 'adjust' | 'transfer';

export interface OperationName {
  readonly programId: string;
  readonly kind: OperationKind;
  readonly reference: string;
}

/** Its row comes first: false, somebody has asked for it before, or has just done it. */
export async function claimOperation(
  sql: Sql,
  workspaceId: number,
  { name, asked, note, at }: { name: OperationName; asked: JsonObject; note: string | null; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    name: 'loyalty_operation_claim',
    text: `insert into loyalty_operation (workspace_id, program_id, kind, reference, asked, answer, note, created_at)
           values ($1, $2, $3, $4, $5, '{}', $6, $7) on conflict (workspace_id, program_id, kind, reference) do nothing`,
    values: [workspaceId, name.programId, name.kind, name.reference, JSON.stringify(asked), note, at],
  });
  return rowCount > 0;
}

export interface OperationRow {
  asked: JsonObject;
  answer: JsonObject;
  /** Whose it was, by now. */
  profile_id: string | null;
}

export async function findOperation(
  sql: Sql,
  workspaceId: number,
  name: OperationName,
): Promise<OperationRow | undefined> {
  const { rows } = await sql.query<OperationRow>({
    name: 'loyalty_operation_find',
    text: `select o.asked, o.answer, a.profile_id from loyalty_operation o
           left join loyalty_account a on a.workspace_id = o.workspace_id and a.id = o.account_id
           where o.workspace_id = $1 and o.program_id = $2 and o.kind = $3 and o.reference = $4`,
    values: [workspaceId, name.programId, name.kind, name.reference],
  });
  return rows[0];
}

export async function answerOperation(
  sql: Sql,
  workspaceId: number,
  { name, accountId, answer }: { name: OperationName; accountId: string; answer: JsonObject },
): Promise<void> {
  await sql.query({
    name: 'loyalty_operation_answer',
    text: `update loyalty_operation set account_id = $5, answer = $6
           where workspace_id = $1 and program_id = $2 and kind = $3 and reference = $4`,
    values: [workspaceId, name.programId, name.kind, name.reference, accountId, JSON.stringify(answer)],
  });
}
