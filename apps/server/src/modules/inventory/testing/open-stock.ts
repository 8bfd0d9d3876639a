import { randomUUID } from 'node:crypto';
import { postgresMigrations } from '../../../compose/migrations.ts';
import { isLostRace, type Postgres, type Transaction } from '../../../platform/postgres/index.ts';
import { createTestDatabase, numberWorkspaces } from '../../../testkit/index.ts';
import { upsertLocationRow } from '../locations/location-store.ts';
import { capabilitiesOf, type Location } from '../locations/location.ts';
import { moveAll } from '../levels/move-stock.ts';
import type { StockTx } from '../reservations/stock-tx.ts';

export const NOW = Date.UTC(2026, 10, 22, 9);

type OwnTx = StockTx & { readonly sql: Transaction };

/** A database with many connections, for races between real ones. */
export interface StockRoom {
  readonly postgres: Postgres;
  /** A workspace nobody has used. */
  nextWorkspace(): number;
  /** One transaction of its own connection, done again when it lost a race, as every call is. */
  alone<T>(workspaceId: number, work: (tx: OwnTx) => Promise<T>): Promise<T>;
  drop(): Promise<void>;
}

export async function openStock({ workspaces = 200 } = {}): Promise<StockRoom> {
  const database = await createTestDatabase(postgresMigrations, { maxConnections: 50 });
  await numberWorkspaces(database.postgres, workspaces);
  let used = 0;
  return {
    postgres: database.postgres,
    nextWorkspace() {
      used += 1;
      if (used > workspaces) throw new Error('make more workspaces');
      return used;
    },
    async alone(workspaceId, work) {
      for (;;) {
        try {
          return await database.postgres.transaction((sql) => work({ sql, workspaceId, now: NOW }));
        } catch (error) {
          if (!isLostRace(error)) throw error;
        }
      }
    },
    drop: () => database.drop(),
  };
}

export async function addLocation(
  postgres: Postgres,
  workspaceId: number,
  fields: Partial<Location> = {},
): Promise<string> {
  const location: Location = {
    ...{ id: randomUUID(), name: 'Store', kind: 'store', code: null, state: 'active', channels: [], priority: 100 },
    ...{ timeZone: null, hours: null, country: null, postcode: null, latitude: null, longitude: null },
    capabilities: capabilitiesOf('store'),
    ...fields,
  };
  await upsertLocationRow(postgres, workspaceId, { location, at: new Date(NOW) });
  return location.id;
}

export async function addStock(
  postgres: Postgres,
  workspaceId: number,
  stock: { itemId: string; locationId: string; quantity: number },
): Promise<void> {
  const { itemId: variantId, locationId, quantity: delta } = stock;
  await postgres.transaction((sql) =>
    moveAll({ sql, workspaceId, now: NOW }, [{ variantId, locationId, field: 'on_hand', delta, reason: 'received' }]),
  );
}

/** What must be so of a workspace's stock at every commit; answers what is not. */
export async function findBrokenStock(postgres: Postgres, workspaceId: number): Promise<string[]> {
  const { rows } = await postgres.query<{ fault: string }>({
    text: `select 'movements of ' || m.field || ' do not add up' as fault from (
             select l.item_id, l.location_id, f.field,
               case f.field when 'on_hand' then on_hand when 'unavailable' then unavailable when 'reserved' then reserved
                 when 'incoming' then incoming else preordered end as count
             from stock_level l cross join unnest(array['on_hand','unavailable','reserved','incoming','preordered']) as f(field)
             where l.workspace_id = $1) m
           where m.count <> coalesce((select sum(delta) from stock_movement s where s.workspace_id = $1
             and s.item_id = m.item_id and s.location_id = m.location_id and s.field = m.field), 0)
           union all
           select 'reservations do not add up' from stock_level l cross join lateral (
             select coalesce(sum(r.reserved), 0) as reserved, coalesce(sum(r.waiting), 0) as waiting from reservation r
             where r.workspace_id = $1 and r.item_id = l.item_id and r.location_id = l.location_id) r
           where l.workspace_id = $1 and (l.reserved <> r.reserved or l.preordered <> r.waiting)
           union all
           select 'sold more than may be owed' from stock_level where workspace_id = $1
             and on_hand - unavailable - reserved < least(0, -backorder_limit) - shortfall - greatest(0, unavailable - on_hand)
           union all
           select 'an owner that ended holds stock' from reservation r join reservation_owner o
             on o.workspace_id = r.workspace_id and o.owner_ref = r.owner_ref
           where r.workspace_id = $1 and o.state = 'ended' and r.reserved + r.waiting > 0`,
    values: [workspaceId],
  });
  return rows.map((row) => row.fault);
}
