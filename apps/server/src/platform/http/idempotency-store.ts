import type { Sql } from '../postgres/index.ts';

export interface KeptRow {
  fingerprint: Buffer;
  status: number;
  body: Buffer | null;
}

/** Takes a key; false when it is taken. Waits for a transaction that is about to take it. */
export async function claimKey(
  sql: Sql,
  workspaceId: number,
  claim: { key: string; fingerprint: Buffer; nowMs: number },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into idempotency_key (workspace_id, key, fingerprint, status, created_at)
           values ($1, $2, $3, 0, $4) on conflict do nothing`,
    values: [workspaceId, claim.key, claim.fingerprint, new Date(claim.nowMs)],
  });
  return rowCount === 1;
}

export async function keepAnswer(
  sql: Sql,
  workspaceId: number,
  answer: { key: string; status: number; body: Buffer | null },
): Promise<void> {
  await sql.query({
    text: 'update idempotency_key set status = $3, body = $4 where workspace_id = $1 and key = $2',
    values: [workspaceId, answer.key, answer.status, answer.body],
  });
}

export async function readKept(sql: Sql, workspaceId: number, key: string): Promise<KeptRow> {
  const { rows } = await sql.query<KeptRow>({
    text: 'select fingerprint, status, body from idempotency_key where workspace_id = $1 and key = $2',
    values: [workspaceId, key],
  });
  return rows[0]!;
}

/** Forgets keys made before this instant, a slice at a time; answers how many. */
export async function deleteKeysBefore(sql: Sql, before: Date, countMax: number): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: age alone decides.
    text: `delete from idempotency_key where ctid = any(array(
             select ctid from idempotency_key where created_at < $1 order by created_at limit $2))`,
    values: [before, countMax],
  });
  return rowCount;
}
