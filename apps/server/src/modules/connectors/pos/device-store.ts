import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { OfConnector } from '../apply/applying.ts';
import type { SequenceState } from './device-sequence.ts';

export interface DeviceRow {
  readonly device: string;
  readonly key_sha256: Buffer;
  readonly location: string;
  readonly through: number;
  readonly ahead: readonly number[];
  readonly created_at: Date;
  readonly last_seen_at: Date | null;
}

const COLUMNS = 'device, key_sha256, location, through, ahead, created_at, last_seen_at';

/** A device that was there before gets the new key and goes on with its numbers. */
export async function putDevice(
  sql: Sql,
  of: OfConnector,
  device: { device: string; keySha256: Buffer; location: string; at: Date },
): Promise<void> {
  await sql.query({
    text: `insert into connector_device (workspace_id, connector_id, device, key_sha256, location, created_at)
           values ($1, $2, $3, $4, $5, $6)
           on conflict (workspace_id, connector_id, device) do update
             set key_sha256 = excluded.key_sha256, location = excluded.location`,
    values: [of.workspaceId, of.connectorId, device.device, device.keySha256, device.location, device.at],
  });
}

export async function findDevice(
  sql: Sql,
  of: OfConnector,
  { device, lock = false }: { device: string; lock?: boolean },
): Promise<DeviceRow | undefined> {
  const { rows } = await sql.query<DeviceRow>({
    name: lock ? 'connector_device_hold' : 'connector_device_find',
    text: `select ${COLUMNS} from connector_device where workspace_id = $1 and connector_id = $2 and device = $3
           ${lock ? 'for update' : ''}`,
    values: [of.workspaceId, of.connectorId, device],
  });
  return rows[0];
}

/** By name. */
export async function listDevices(sql: Sql, of: OfConnector): Promise<DeviceRow[]> {
  const { rows } = await sql.query<DeviceRow>({
    text: `select ${COLUMNS} from connector_device where workspace_id = $1 and connector_id = $2 order by device`,
    values: [of.workspaceId, of.connectorId],
  });
  return rows;
}

export async function moveDevice(
  sql: Sql,
  of: OfConnector,
  { device, state, at }: { device: string; state: SequenceState; at: Date },
): Promise<void> {
  await sql.query({
    name: 'connector_device_move',
    text: `update connector_device set through = $4, ahead = $5::bigint[], last_seen_at = $6
           where workspace_id = $1 and connector_id = $2 and device = $3`,
    values: [of.workspaceId, of.connectorId, device, state.through, arrayLiteral(state.ahead), at],
  });
}

export async function deleteDevice(sql: Sql, of: OfConnector, device: string): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: 'delete from connector_device where workspace_id = $1 and connector_id = $2 and device = $3',
    values: [of.workspaceId, of.connectorId, device],
  });
  return rowCount === 1;
}
