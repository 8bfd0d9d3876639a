import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Capability, Location, LocationKind, OpeningHours } from './location.ts';

interface LocationRow {
  id: string;
  name: string;
  kind: LocationKind;
  code: string | null;
  state: 'active' | 'inactive';
  capabilities: Capability[];
  channels: string[];
  priority: number;
  time_zone: string | null;
  hours: OpeningHours | null;
  country: string | null;
  postcode: string | null;
  latitude: number | null;
  longitude: number | null;
}

const COLUMNS = `id, name, kind, code, state, capabilities, channels, priority, time_zone, hours, country, postcode, latitude,
  longitude`;

function locationOf({ time_zone: timeZone, ...row }: LocationRow): Location {
  return { ...row, timeZone };
}

/** All of a workspace: there are few. */
export async function listAllLocations(sql: Sql, workspaceId: number): Promise<Location[]> {
  const { rows } = await sql.query<LocationRow>({
    name: 'location_all',
    text: `select ${COLUMNS} from location where workspace_id = $1 order by priority, id`,
    values: [workspaceId],
  });
  return rows.map(locationOf);
}

export async function findLocation(sql: Sql, workspaceId: number, id: string): Promise<Location | undefined> {
  const { rows } = await sql.query<LocationRow>({
    text: `select ${COLUMNS} from location where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows.map(locationOf)[0];
}

/** Newest first. */
export async function pageLocations(
  sql: Sql,
  workspaceId: number,
  page: { beforeId: string | null; limit: number },
): Promise<Location[]> {
  const { rows } = await sql.query<LocationRow>({
    text: `select ${COLUMNS} from location where workspace_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
    values: [workspaceId, page.beforeId, page.limit],
  });
  return rows.map(locationOf);
}

/** Which of these are locations, locked against going away. */
export async function holdLocations(sql: Sql, workspaceId: number, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql.query<{ id: string }>({
    name: 'location_hold',
    text: 'select id from location where workspace_id = $1 and id = any($2::uuid[]) order by id for key share',
    values: [workspaceId, arrayLiteral(ids)],
  });
  return new Set(rows.map((row) => row.id));
}

export async function upsertLocationRow(
  sql: Sql,
  workspaceId: number,
  { location, at }: { location: Location; at: Date },
): Promise<void> {
  await sql.query({
    text: `insert into location (workspace_id, id, name, kind, code, state, capabilities, channels, priority, time_zone, hours,
             country, postcode, latitude, longitude, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
           on conflict (workspace_id, id) do update set name = excluded.name, kind = excluded.kind, code = excluded.code,
             state = excluded.state, capabilities = excluded.capabilities, channels = excluded.channels,
             priority = excluded.priority, time_zone = excluded.time_zone, hours = excluded.hours,
             country = excluded.country, postcode = excluded.postcode, latitude = excluded.latitude,
             longitude = excluded.longitude, updated_at = excluded.updated_at`,
    values: [
      ...[workspaceId, location.id, location.name, location.kind, location.code, location.state],
      ...[location.capabilities, location.channels, location.priority, location.timeZone],
      location.hours === null ? null : JSON.stringify(location.hours),
      ...[location.country, location.postcode, location.latitude, location.longitude, at],
    ],
  });
}

/** Whose code this is. By `location_code`. */
export async function findLocationByCode(sql: Sql, workspaceId: number, code: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string }>({
    text: 'select id from location where workspace_id = $1 and code = $2',
    values: [workspaceId, code],
  });
  return rows[0]?.id;
}
