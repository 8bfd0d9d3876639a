import type { Sql } from '../../../platform/postgres/index.ts';

export interface DriftRow {
  id: string;
  source: number;
  type: string;
  name: string;
  kind: 'new_field' | 'new_type' | 'vanished_field';
  path: string;
  json_type: string;
  noticed_at: Date;
  ended_at: Date | null;
  acknowledged_at: Date | null;
}

const COLUMNS = 'id, source, type, name, kind, path, json_type, noticed_at, ended_at, acknowledged_at';

/** Those first noticed last first: a change that comes back stays where it was. There are few. */
export async function listDriftRows(
  sql: Sql,
  workspaceId: number,
  page: {
    source: number | undefined;
    acknowledged: boolean | undefined;
    beforeId: string | undefined;
    limit: number;
  },
): Promise<DriftRow[]> {
  const { rows } = await sql.query<DriftRow>({
    text: `select ${COLUMNS} from event_drift
           where workspace_id = $1 and ($2::integer is null or source = $2)
             and ($3::boolean is null or (acknowledged_at is not null) = $3)
             and ($4::uuid is null or id < $4)
           order by id desc limit $5`,
    values: [workspaceId, page.source ?? null, page.acknowledged ?? null, page.beforeId ?? null, page.limit],
  });
  return rows;
}

/** How many changes of a source hold and are not acknowledged. */
export async function countOpenDrifts(sql: Sql, workspaceId: number, source: number): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    text: `select count(*)::int as n from event_drift
           where workspace_id = $1 and source = $2 and acknowledged_at is null and ended_at is null`,
    values: [workspaceId, source],
  });
  return rows[0]!.n;
}

export async function findDrift(sql: Sql, workspaceId: number, id: string): Promise<DriftRow | undefined> {
  const { rows } = await sql.query<DriftRow>({
    text: `select ${COLUMNS} from event_drift where workspace_id = $1 and id = $2 for update`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function setAcknowledged(sql: Sql, workspaceId: number, drift: { id: string; at: Date }): Promise<void> {
  await sql.query({
    text: 'update event_drift set acknowledged_at = $3 where workspace_id = $1 and id = $2',
    values: [workspaceId, drift.id, drift.at],
  });
}
