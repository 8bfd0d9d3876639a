import type { JsonObject } from '../../../platform/json.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

/** What is to be told of an account. */
export interface News {
  readonly eventId: string;
  readonly accountId: string;
  readonly name: string;
  readonly properties: JsonObject;
}

export async function insertNews(
  sql: Sql,
  workspaceId: number,
  { news, at }: { news: readonly News[]; at: Date },
): Promise<void> {
  if (news.length === 0) return;
  await sql.query({
    name: 'points_news_insert',
    text: `insert into points_news (workspace_id, event_id, account_id, name, properties, occurred_at)
           select $1, n.event_id, n.account_id, n.name, n.properties, $6
           from unnest($2::text[], $3::uuid[], $4::text[], $5::jsonb[]) with ordinality
             as n(event_id, account_id, name, properties, place) order by n.place`,
    values: [
      workspaceId,
      news.map((one) => one.eventId),
      arrayLiteral(news.map((one) => one.accountId)),
      news.map((one) => one.name),
      news.map((one) => JSON.stringify(one.properties)),
      at,
    ],
  });
}

export interface NewsRow {
  seq: number;
  event_id: string;
  name: string;
  properties: JsonObject;
  occurred_at: Date;
  /** Whose account it is by now; null: she was erased. */
  profile_id: string | null;
}

/** Whose news wait. */
export async function listNewsWorkspaces(sql: Sql): Promise<number[]> {
  const { rows } = await sql.query<{ workspace_id: number }>({
    name: 'points_news_workspaces',
    // every workspace: one loop works for all.
    text: 'select distinct workspace_id from points_news',
    values: [],
  });
  return rows.map((row) => row.workspace_id);
}

/** The oldest ones that nobody is at. */
export async function lockNews(sql: Sql, workspaceId: number, limit: number): Promise<NewsRow[]> {
  const { rows } = await sql.query<NewsRow>({
    name: 'points_news_lock',
    text: `select n.seq, n.event_id, n.name, n.properties, n.occurred_at, a.profile_id
           from points_news n join loyalty_account a on a.workspace_id = n.workspace_id and a.id = n.account_id
           where n.workspace_id = $1 order by n.seq limit $2 for update of n skip locked`,
    values: [workspaceId, limit],
  });
  return rows;
}

export async function deleteNews(sql: Sql, workspaceId: number, seqs: readonly number[]): Promise<void> {
  await sql.query({
    name: 'points_news_delete',
    text: 'delete from points_news where workspace_id = $1 and seq = any($2::bigint[])',
    values: [workspaceId, arrayLiteral(seqs)],
  });
}
