import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Observation } from './decide-observation.ts';
import { keyOf, type LevelKey } from './level.ts';

/** What a source said last of these; under the locks of the levels nobody else changes it. */
export async function readObservations(
  sql: Sql,
  workspaceId: number,
  { source, keys }: { source: string; keys: readonly LevelKey[] },
): Promise<Map<string, Observation>> {
  const { rows } = await sql.query<{
    item_id: string;
    location_id: string;
    quantity: number;
    observed_at: Date;
    told_quantity: number | null;
    deferred_quantity: number | null;
    deferred_at: Date | null;
  }>({
    name: 'stock_observation_read',
    text: `select item_id, location_id, quantity, observed_at, told_quantity, deferred_quantity, deferred_at
           from stock_observation
           where workspace_id = $1 and source = $2 and item_id = any($3::uuid[])`,
    values: [workspaceId, source, arrayLiteral([...new Set(keys.map((key) => key.itemId))])],
  });
  return new Map(
    rows.map((row) => {
      const deferred =
        row.deferred_at === null || row.deferred_quantity === null
          ? null
          : { quantity: row.deferred_quantity, atMs: row.deferred_at.getTime() };
      const observation = {
        quantity: row.quantity,
        observedAtMs: row.observed_at.getTime(),
        told: row.told_quantity,
        deferred,
      };
      return [keyOf({ itemId: row.item_id, locationId: row.location_id }), observation];
    }),
  );
}

export async function putObservations(
  sql: Sql,
  workspaceId: number,
  { source, rows }: { source: string; rows: readonly (LevelKey & { observation: Observation })[] },
): Promise<void> {
  if (rows.length === 0) return;
  await sql.query({
    name: 'stock_observation_put',
    text: `insert into stock_observation (workspace_id, source, item_id, location_id, quantity, observed_at, told_quantity,
             deferred_quantity, deferred_at)
           select $1, $2, o.* from unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::timestamptz[], $7::bigint[], $8::bigint[],
             $9::timestamptz[]) as o(item_id, location_id, quantity, observed_at, told, deferred, deferred_at)
           on conflict (workspace_id, source, item_id, location_id) do update set quantity = excluded.quantity,
             observed_at = excluded.observed_at, told_quantity = excluded.told_quantity,
             deferred_quantity = excluded.deferred_quantity, deferred_at = excluded.deferred_at`,
    values: [
      ...[
        workspaceId,
        source,
        arrayLiteral(rows.map((row) => row.itemId)),
        arrayLiteral(rows.map((row) => row.locationId)),
      ],
      arrayLiteral(rows.map((row) => row.observation.quantity)),
      rows.map((row) => new Date(row.observation.observedAtMs)),
      rows.map((row) => row.observation.told),
      rows.map((row) => row.observation.deferred?.quantity ?? null),
      rows.map((row) => (row.observation.deferred === null ? null : new Date(row.observation.deferred.atMs))),
    ],
  });
}
