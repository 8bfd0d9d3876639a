import type { Sql } from '../../platform/postgres/index.ts';
import type { ConnectorKind, ConnectorSettings } from './connector.ts';

export interface ConnectorRow {
  readonly workspace_id: number;
  readonly id: string;
  readonly kind: ConnectorKind;
  readonly name: string;
  readonly account: string;
  readonly source: string;
  readonly state: 'active' | 'paused' | 'uninstalled';
  readonly settings: Omit<ConnectorSettings, 'truth' | 'apiVersion' | 'apiUrl' | 'hookUrl'> & {
    readonly truth?: ConnectorSettings['truth'];
    readonly apiVersion?: string;
    readonly apiUrl?: string;
  };
  readonly secrets: Buffer;
  readonly fault: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS =
  'workspace_id, id, kind, name, account, source, state, settings, secrets, fault, created_at, updated_at';

/** False: the workspace has this shop already. */
export async function insertConnector(sql: Sql, row: ConnectorRow): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into connector (workspace_id, id, kind, name, account, source, state, settings, secrets, created_at,
             updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) on conflict do nothing`,
    values: [
      ...[row.workspace_id, row.id, row.kind, row.name, row.account, row.source, row.state],
      ...[JSON.stringify(row.settings), row.secrets, row.created_at],
    ],
  });
  return rowCount === 1;
}

export async function findConnector(
  sql: Sql,
  workspaceId: number,
  { id, lock = false }: { id: string; lock?: boolean },
): Promise<ConnectorRow | undefined> {
  const { rows } = await sql.query<ConnectorRow>({
    text: `select ${COLUMNS} from connector where workspace_id = $1 and id = $2${lock ? ' for update' : ''}`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** One writer at a time makes true what a connector told; waits for the other. */
export async function holdConnector(sql: Sql, workspaceId: number, id: string): Promise<ConnectorRow | undefined> {
  const { rows } = await sql.query<ConnectorRow>({
    name: 'connector_hold',
    text: `select ${COLUMNS} from connector where workspace_id = $1 and id = $2 for no key update`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** The id says which workspace it belongs to. By `connector_id`. */
export async function findCalledConnector(sql: Sql, id: string): Promise<ConnectorRow | undefined> {
  const { rows } = await sql.query<ConnectorRow>({
    name: 'connector_called',
    // every workspace: shops call with nothing but the connector's id.
    text: `select ${COLUMNS} from connector where id = $1`,
    values: [id],
  });
  return rows[0];
}

export async function pageConnectors(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | undefined },
): Promise<ConnectorRow[]> {
  const { rows } = await sql.query<ConnectorRow>({
    text: `select ${COLUMNS} from connector where workspace_id = $1 and ($3::uuid is null or id < $3)
           order by id desc limit $2`,
    values: [workspaceId, page.limit, page.beforeId ?? null],
  });
  return rows;
}

export async function updateConnectorRow(sql: Sql, row: ConnectorRow): Promise<void> {
  await sql.query({
    text: `update connector set name = $3, state = $4, settings = $5, secrets = $6, updated_at = $7
           where workspace_id = $1 and id = $2`,
    values: [
      ...[row.workspace_id, row.id, row.name, row.state, JSON.stringify(row.settings), row.secrets, row.updated_at],
    ],
  });
}

/** What the shop refused last; null: nothing. */
export async function noteConnectorFault(
  sql: Sql,
  workspaceId: number,
  note: { id: string; fault: string | null },
): Promise<void> {
  await sql.query({
    name: 'connector_fault',
    text: 'update connector set fault = $3 where workspace_id = $1 and id = $2 and fault is distinct from $3',
    values: [workspaceId, note.id, note.fault],
  });
}

export async function endConnector(sql: Sql, workspaceId: number, end: { id: string; at: Date }): Promise<void> {
  await sql.query({
    text: `update connector set state = 'uninstalled', updated_at = $3 where workspace_id = $1 and id = $2`,
    values: [workspaceId, end.id, end.at],
  });
}

/** With all that waits for it. */
export async function deleteConnectorRow(sql: Sql, workspaceId: number, id: string): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'delete from connector where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
  return rowCount === 1;
}

/** Those that tell their shop of stock. */
export async function listPushing(sql: Sql): Promise<ConnectorRow[]> {
  const { rows } = await sql.query<ConnectorRow>({
    name: 'connector_pushing',
    // every workspace: one loop works for all.
    text: `select ${COLUMNS} from connector
           where state = 'active' and (settings ->> 'pushesStock')::boolean order by workspace_id, id`,
  });
  return rows;
}
