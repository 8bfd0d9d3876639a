import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export interface ListRow {
  id: string;
  name: string;
  created_at: Date;
}

const COLUMNS = 'id, name, created_at';

/** Answers whether the name was free. */
export async function insertList(
  sql: Sql,
  workspaceId: number,
  list: { id: string; name: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into manual_list (workspace_id, id, name, created_at) values ($1, $2, $3, $4) on conflict do nothing`,
    values: [workspaceId, list.id, list.name, list.at],
  });
  return rowCount === 1;
}

export async function findList(sql: Sql, workspaceId: number, id: string): Promise<ListRow | undefined> {
  return (await findLists(sql, workspaceId, [id]))[0];
}

/** By `manual_list_name`. */
export async function findListNamed(sql: Sql, workspaceId: number, name: string): Promise<ListRow | undefined> {
  const { rows } = await sql.query<ListRow>({
    text: `select ${COLUMNS} from manual_list where workspace_id = $1 and lower(name) = lower($2) and archived_at is null`,
    values: [workspaceId, name],
  });
  return rows[0];
}

/** Those that are not archived. */
export async function findLists(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<ListRow[]> {
  const { rows } = await sql.query<ListRow>({
    name: 'manual_list_find',
    text: `select ${COLUMNS} from manual_list where workspace_id = $1 and id = any($2::uuid[]) and archived_at is null`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows;
}

/** As `findLists`, and keeps them from being archived until the transaction ends. */
export async function holdLists(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<ListRow[]> {
  const { rows } = await sql.query<ListRow>({
    text: `select ${COLUMNS} from manual_list where workspace_id = $1 and id = any($2::uuid[]) and archived_at is null
           order by id for share`,
    values: [workspaceId, arrayLiteral(ids)],
  });
  return rows;
}

/** Whoever locks it is alone with it until the transaction ends. */
export async function lockList(sql: Sql, workspaceId: number, id: string): Promise<ListRow | undefined> {
  const { rows } = await sql.query<ListRow>({
    text: `select ${COLUMNS} from manual_list where workspace_id = $1 and id = $2 and archived_at is null for update`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** Newest first. */
export async function pageLists(
  sql: Sql,
  workspaceId: number,
  page: { beforeId: string | null; limit: number },
): Promise<ListRow[]> {
  const { rows } = await sql.query<ListRow>({
    text: `select ${COLUMNS} from manual_list
           where workspace_id = $1 and archived_at is null and ($2::uuid is null or id < $2::uuid)
           order by id desc limit $3`,
    values: [workspaceId, page.beforeId, page.limit],
  });
  return rows;
}

/** Answers whether the name was free. */
export async function renameListRow(
  sql: Sql,
  workspaceId: number,
  list: { id: string; name: string },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update manual_list l set name = $3 where workspace_id = $1 and id = $2 and not exists (
             select 1 from manual_list o where o.workspace_id = $1 and o.id <> l.id and o.archived_at is null
               and lower(o.name) = lower($3))`,
    values: [workspaceId, list.id, list.name],
  });
  return rowCount === 1;
}

/** Its members are forgotten. */
export async function archiveListRow(sql: Sql, workspaceId: number, list: { id: string; at: Date }): Promise<void> {
  await sql.query({
    text: 'update manual_list set archived_at = $3 where workspace_id = $1 and id = $2',
    values: [workspaceId, list.id, list.at],
  });
  await sql.query({
    text: 'delete from manual_list_member where workspace_id = $1 and list_id = $2',
    values: [workspaceId, list.id],
  });
}
