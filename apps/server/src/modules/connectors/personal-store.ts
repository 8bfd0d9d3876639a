import type { Sql } from '../../platform/postgres/index.ts';

interface Sealed {
  readonly place: string;
  readonly who: Buffer;
}

/** Tables whose rows name a customer by blind hashes, and what tells their rows apart. */
const TABLES = {
  connector_order: "connector_id || '/' || external_id",
  connector_customer: "connector_id || '/' || kind || '/' || external_id",
  connector_basket: "connector_id || '/' || kind || '/' || token",
} as const;
export type NamingTable = keyof typeof TABLES;
export const NAMING_TABLES = Object.keys(TABLES) as NamingTable[];

export async function pageNaming(
  sql: Sql,
  workspaceId: number,
  query: { table: NamingTable; hashes: readonly Buffer[]; after: string; limit: number },
): Promise<Sealed[]> {
  const place = TABLES[query.table];
  const { rows } = await sql.query<Sealed>({
    text: `select ${place} as place, who from ${query.table}
           where workspace_id = $1 and who_hashes && $2::bytea[] and ${place} > $3 order by 1 limit $4`,
    values: [workspaceId, query.hashes, query.after, query.limit],
  });
  return rows;
}

/** What waits of her orders, before it is not known any more which they are. */
export async function deleteWaitingOf(sql: Sql, workspaceId: number, hashes: readonly Buffer[]): Promise<number> {
  const { rowCount } = await sql.query({
    text: `delete from connector_waiting w using connector_order o
           where w.workspace_id = $1 and o.workspace_id = $1 and o.connector_id = w.connector_id
             and o.who_hashes && $2::bytea[] and w.key = 'order:' || o.external_id`,
    values: [workspaceId, hashes],
  });
  return rowCount;
}

/** An order stays counted, and is nobody's. */
export async function unnameOrders(
  sql: Sql,
  workspaceId: number,
  { hashes, nobody }: { hashes: readonly Buffer[]; nobody: Buffer },
): Promise<number> {
  const { rowCount } = await sql.query({
    text: `update connector_order set who = $3, who_hashes = '{}' where workspace_id = $1 and who_hashes && $2::bytea[]`,
    values: [workspaceId, hashes, nobody],
  });
  return rowCount;
}

export async function deleteNaming(
  sql: Sql,
  workspaceId: number,
  { table, hashes }: { table: Exclude<NamingTable, 'connector_order'>; hashes: readonly Buffer[] },
): Promise<number> {
  const text =
    table === 'connector_basket'
      ? 'delete from connector_basket where workspace_id = $1 and who_hashes && $2::bytea[]'
      : 'delete from connector_customer where workspace_id = $1 and who_hashes && $2::bytea[]';
  const { rowCount } = await sql.query({ text, values: [workspaceId, hashes] });
  return rowCount;
}
