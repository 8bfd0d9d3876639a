import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import type { Wish, WishValue } from './rhythm.ts';

/** A wish as it is stored. */
export interface NewWish {
  readonly id: string;
  readonly profileId: string;
  readonly node: NodeRef;
  readonly value: WishValue;
  readonly occurredAt: number;
  readonly source: string;
  readonly cause: string;
  readonly proof: Buffer | undefined;
}

/** Appends wishes; one whose cause is known already changes nothing. */
export async function insertWishes(
  sql: Sql,
  workspaceId: number,
  { wishes, nowMs }: { wishes: readonly NewWish[]; nowMs: number },
): Promise<void> {
  if (wishes.length === 0) return;
  await sql.query({
    name: 'consent_wish_insert',
    text: `insert into consent_wish (workspace_id, id, profile_id, said_by, node_kind, node_id, kind, until_at, is_less_often,
             occurred_at, recorded_at, source, cause, proof)
           select $1, w.id, w.profile_id, w.profile_id, w.node_kind, w.node_id, w.kind, w.until_at, w.is_less_often,
             w.occurred_at, $2, w.source, w.cause, w.proof
           from unnest($3::uuid[], $4::uuid[], $5::smallint[], $6::bigint[], $7::text[], $8::timestamptz[], $9::boolean[],
             $10::timestamptz[], $11::text[], $12::text[], $13::bytea[])
             as w(id, profile_id, node_kind, node_id, kind, until_at, is_less_often, occurred_at, source, cause, proof)
           on conflict (workspace_id, cause, kind) do nothing`,
    values: [
      workspaceId,
      new Date(nowMs),
      wishes.map((one) => one.id),
      wishes.map((one) => one.profileId),
      wishes.map((one) => one.node.kind),
      wishes.map((one) => one.node.id),
      wishes.map((one) => one.value.kind),
      wishes.map(({ value }) => (value.kind === 'pause' && value.until !== undefined ? new Date(value.until) : null)),
      wishes.map(({ value }) => (value.kind === 'frequency' ? value.isLessOften : null)),
      wishes.map((one) => new Date(one.occurredAt)),
      wishes.map((one) => one.source),
      wishes.map((one) => one.cause),
      wishes.map((one) => one.proof ?? null),
    ],
  });
}

interface WishRow {
  profile_id: string;
  said_by: string;
  node_id: number;
  seq: number;
  kind: WishValue['kind'];
  until_at: Date | null;
  is_less_often: boolean | null;
  occurred_at: Date;
}

/** Everything these profiles wished, by profile. Served by `consent_wish_profile`. */
export async function findWishes(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, Wish[]>> {
  const wishes = new Map<string, Wish[]>();
  if (profileIds.length === 0) return wishes;
  const { rows } = await sql.query<WishRow>({
    name: 'consent_wish_find',
    text: `select profile_id, said_by, node_id, seq, kind, until_at, is_less_often, occurred_at
           from consent_wish where workspace_id = $1 and profile_id = any($2::uuid[])`,
    values: [workspaceId, profileIds],
  });
  for (const row of rows) {
    const placed = { seq: row.seq, occurredAt: row.occurred_at.getTime(), nodeId: row.node_id, saidBy: row.said_by };
    const value: WishValue =
      row.kind === 'pause'
        ? { kind: 'pause', until: row.until_at?.getTime() }
        : { kind: 'frequency', isLessOften: row.is_less_often === true };
    const known = wishes.get(row.profile_id);
    if (known === undefined) wishes.set(row.profile_id, [{ ...placed, ...value }]);
    else known.push({ ...placed, ...value });
  }
  return wishes;
}
