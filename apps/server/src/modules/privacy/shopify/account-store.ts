import type { Sql } from '../../../platform/postgres/index.ts';

export interface AccountRow {
  workspace_id: number;
  id: string;
  shop_domain: string;
  secret: Buffer;
  source_id: string | null;
  source_number: number | null;
  match_customer_id: boolean;
  created_at: Date;
}

const COLUMNS = 'workspace_id, id, shop_domain, secret, source_id, source_number, match_customer_id, created_at';

/** False: the workspace has this shop already. */
export async function insertAccount(sql: Sql, row: AccountRow): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into shopify_account (workspace_id, id, shop_domain, secret, source_id, source_number,
             match_customer_id, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    values: [
      row.workspace_id,
      row.id,
      row.shop_domain,
      row.secret,
      row.source_id,
      row.source_number,
      row.match_customer_id,
      row.created_at,
    ],
  });
  return rowCount === 1;
}

/** The id says which workspace it belongs to. */
export async function findAccount(sql: Sql, id: string): Promise<AccountRow | undefined> {
  // every workspace: Shopify calls with nothing but the account's id.
  const { rows } = await sql.query<AccountRow>({
    text: `select ${COLUMNS} from shopify_account where id = $1`,
    values: [id],
  });
  return rows[0];
}

export async function pageAccounts(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | undefined },
): Promise<AccountRow[]> {
  const { rows } = await sql.query<AccountRow>({
    text: `select ${COLUMNS} from shopify_account where workspace_id = $1 and ($3::uuid is null or id < $3)
           order by id desc limit $2`,
    values: [workspaceId, page.limit, page.beforeId ?? null],
  });
  return rows;
}

export async function deleteAccount(sql: Sql, workspaceId: number, id: string): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'delete from shopify_account where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
  return rowCount === 1;
}

/** False: it came before. */
export async function insertWebhook(
  sql: Sql,
  account: AccountRow,
  webhook: { id: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into shopify_webhook (workspace_id, account_id, webhook_id, received_at) values ($1, $2, $3, $4)
           on conflict do nothing`,
    values: [account.workspace_id, account.id, webhook.id, webhook.at],
  });
  return rowCount === 1;
}

/** Which webhooks came before; Shopify does not send one again after two days. Answers how many were forgotten. */
export async function forgetWebhooks(sql: Sql, old: { before: Date; limit: number }): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop works for all, by `shopify_webhook_age`.
    text: `delete from shopify_webhook where (workspace_id, account_id, webhook_id) in (
             select workspace_id, account_id, webhook_id from shopify_webhook where received_at < $1 limit $2)`,
    values: [old.before, old.limit],
  });
  return rowCount;
}
