import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { OfConnector } from '../apply/applying.ts';

/** How far the news of stock are taken up for a shop, locked; undefined: somebody else is at it. Begins where news are now. */
export async function holdPushPlace(sql: Sql, of: OfConnector, beginAt: number): Promise<number | undefined> {
  await sql.query({
    name: 'connector_push_begin',
    text: `insert into connector_push_place (workspace_id, connector_id, after_seq) values ($1, $2, $3) on conflict do nothing`,
    values: [of.workspaceId, of.connectorId, beginAt],
  });
  const { rows } = await sql.query<{ after_seq: number }>({
    name: 'connector_push_hold',
    text: `select after_seq from connector_push_place where workspace_id = $1 and connector_id = $2 for update skip locked`,
    values: [of.workspaceId, of.connectorId],
  });
  return rows[0]?.after_seq;
}

export async function movePushPlace(sql: Sql, of: OfConnector, afterSeq: number): Promise<void> {
  await sql.query({
    name: 'connector_push_move',
    text: 'update connector_push_place set after_seq = $3 where workspace_id = $1 and connector_id = $2',
    values: [of.workspaceId, of.connectorId, afterSeq],
  });
}

/** One row per thing, however often it changed; what was being told meanwhile is told again. */
export async function putPushes(
  sql: Sql,
  of: OfConnector,
  { variantIds, at }: { variantIds: readonly string[]; at: Date },
): Promise<void> {
  if (variantIds.length === 0) return;
  await sql.query({
    name: 'connector_push_put',
    text: `insert into connector_push as p (workspace_id, connector_id, variant_id, mark, due_at)
           select $1, $2, v.id, 1, $4 from unnest($3::uuid[]) as v(id)
           on conflict (workspace_id, connector_id, variant_id) do update
             set mark = p.mark + 1, due_at = least(p.due_at, excluded.due_at)`,
    values: [of.workspaceId, of.connectorId, arrayLiteral([...variantIds].sort()), at],
  });
}

export interface PushRow {
  readonly variant_id: string;
  readonly mark: number;
  readonly attempts: number;
}

/** Takes what is due, for a while. */
export async function claimPushes(
  sql: Sql,
  of: OfConnector,
  claim: { now: Date; until: Date; limit: number },
): Promise<PushRow[]> {
  const { rows } = await sql.query<PushRow>({
    name: 'connector_push_claim',
    text: `update connector_push p set lease_until = $4, attempts = p.attempts + 1
           where p.workspace_id = $1 and p.connector_id = $2 and p.variant_id in (
             select d.variant_id from connector_push d
             where d.workspace_id = $1 and d.connector_id = $2 and d.due_at <= $3
               and (d.lease_until is null or d.lease_until < $3)
             order by d.variant_id limit $5 for update skip locked)
           returning p.variant_id, p.mark, p.attempts`,
    values: [of.workspaceId, of.connectorId, claim.now, claim.until, claim.limit],
  });
  return rows;
}

/** Told. What changed since stays, and is due again. */
export async function endPushes(
  sql: Sql,
  of: OfConnector,
  { told, at }: { told: readonly PushRow[]; at: Date },
): Promise<void> {
  if (told.length === 0) return;
  const values = [
    ...[of.workspaceId, of.connectorId, arrayLiteral(told.map((row) => row.variant_id))],
    arrayLiteral(told.map(({ mark }) => mark)),
  ];
  await sql.query({
    name: 'connector_push_end',
    text: `delete from connector_push p using unnest($3::uuid[], $4::bigint[]) as t(id, mark)
           where p.workspace_id = $1 and p.connector_id = $2 and p.variant_id = t.id and p.mark = t.mark`,
    values,
  });
  await sql.query({
    name: 'connector_push_again',
    text: `update connector_push p set lease_until = null, due_at = $5, attempts = 0
           from unnest($3::uuid[], $4::bigint[]) as t(id, mark)
           where p.workspace_id = $1 and p.connector_id = $2 and p.variant_id = t.id and p.mark <> t.mark`,
    values: [...values, at],
  });
}

export async function postponePushes(
  sql: Sql,
  of: OfConnector,
  { rows, until, fault }: { rows: readonly PushRow[]; until: Date; fault: string },
): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    name: 'connector_push_postpone',
    text: `update connector_push set lease_until = null, due_at = $4, fault = $5
           where workspace_id = $1 and connector_id = $2 and variant_id = any($3::uuid[])`,
    values: [of.workspaceId, of.connectorId, arrayLiteral(rows.map((row) => row.variant_id)), until, fault],
  });
}

export async function countPushes(sql: Sql, of: OfConnector): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    text: 'select count(*)::int as n from connector_push where workspace_id = $1 and connector_id = $2',
    values: [of.workspaceId, of.connectorId],
  });
  return rows[0]!.n;
}
