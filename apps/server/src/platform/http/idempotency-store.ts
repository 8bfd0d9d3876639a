import { arrayLiteral, type Sql } from '../postgres/index.ts';

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

/** As `claimKey`, many at once: answers those that were taken now. */
export async function claimKeys(
  sql: Sql,
  workspaceId: number,
  { claims, nowMs }: { claims: readonly { key: string; fingerprint: Buffer }[]; nowMs: number },
): Promise<Set<string>> {
  const { rows } = await sql.query<{ key: string }>({
    name: 'idempotency_claim',
    text: `insert into idempotency_key (workspace_id, key, fingerprint, status, created_at)
           select $1::integer, c.key, c.fingerprint, 0, $4::timestamptz
           from unnest($2::text[], $3::bytea[]) as c(key, fingerprint) order by c.key
           on conflict do nothing returning key`,
    values: [workspaceId, claims.map((one) => one.key), claims.map((one) => one.fingerprint), new Date(nowMs)],
  });
  return new Set(rows.map((row) => row.key));
}

export async function keepAnswers(
  sql: Sql,
  workspaceId: number,
  answers: readonly { key: string; status: number; body: Buffer | null }[],
): Promise<void> {
  if (answers.length === 0) return;
  await sql.query({
    name: 'idempotency_keep',
    text: `update idempotency_key k set status = a.status, body = a.body
           from unnest($2::text[], $3::integer[], $4::bytea[]) as a(key, status, body)
           where k.workspace_id = $1 and k.key = a.key`,
    values: [
      ...[workspaceId, answers.map((one) => one.key), arrayLiteral(answers.map((one) => one.status))],
      answers.map((one) => one.body),
    ],
  });
}

export async function readAllKept(
  sql: Sql,
  workspaceId: number,
  keys: readonly string[],
): Promise<Map<string, KeptRow>> {
  if (keys.length === 0) return new Map();
  const { rows } = await sql.query<KeptRow & { key: string }>({
    name: 'idempotency_kept',
    text: 'select key, fingerprint, status, body from idempotency_key where workspace_id = $1 and key = any($2::text[])',
    values: [workspaceId, keys],
  });
  return new Map(rows.map((row) => [row.key, row]));
}

/** Nothing came of what they were taken for. */
export async function deleteKeys(sql: Sql, workspaceId: number, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await sql.query({
    name: 'idempotency_drop',
    text: 'delete from idempotency_key where workspace_id = $1 and key = any($2::text[])',
    values: [workspaceId, keys],
  });
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
