import type { Sql } from '../../../platform/postgres/index.ts';
import { listIncoming } from '../incoming/incoming-store.ts';
import { readLevels } from '../levels/level-store.ts';
import { sellsFor } from '../locations/location.ts';
import { listAllLocations } from '../locations/location-store.ts';
import { readBuffers, readComponents } from '../reservations/reservation-store.ts';
import { sellableOf } from '../reservations/sellable.ts';
import { type Availability, availabilityOf, type Component, promiseOf } from './availability.ts';

export interface AvailabilityQuery {
  readonly variantIds: readonly string[];
  /** Left out: of every location, without buffers. */
  readonly channel?: string | undefined;
  /** Only there. */
  readonly locationIds?: readonly string[] | undefined;
}

/** What can be had of variants now. Five queries, whatever their number. */
export async function readAvailability(
  sql: Sql,
  workspaceId: number,
  query: AvailabilityQuery,
): Promise<Map<string, Availability>> {
  const components = await loadComponents(sql, workspaceId, query);
  return new Map([...components].map(([variantId, parts]) => [variantId, availabilityOf(parts)]));
}

/** When so many of a variant can be promised; null: never, by what is known. */
export async function promiseDate(
  sql: Sql,
  workspaceId: number,
  query: { variantId: string; quantity: number; channel?: string | undefined; nowMs: number },
): Promise<number | null> {
  const { variantId, channel } = query;
  const components = await loadComponents(sql, workspaceId, { variantIds: [variantId], channel });
  return promiseOf(components.get(variantId)!, query);
}

async function loadComponents(
  sql: Sql,
  workspaceId: number,
  { variantIds, channel, locationIds }: AvailabilityQuery,
): Promise<Map<string, Component[]>> {
  const made = await readComponents(sql, workspaceId, [...new Set(variantIds)]);
  const partsOf = (variantId: string) => made.get(variantId) ?? [{ itemId: variantId, quantity: 1 }];
  const itemIds = [...new Set(variantIds.flatMap((id) => partsOf(id).map((part) => part.itemId)))];
  const levels = await readLevels(sql, workspaceId, itemIds);
  const incoming = await listIncoming(sql, workspaceId, itemIds);
  const locations = await listAllLocations(sql, workspaceId);
  const buffers = channel === undefined ? [] : await readBuffers(sql, workspaceId, { channels: [channel], itemIds });
  const counted = new Set(
    locations
      .filter((one) => sellsFor(one, channel) && (locationIds === undefined || locationIds.includes(one.id)))
      .map((one) => one.id),
  );
  const stockOf = (itemId: string) => {
    const own = levels.filter((level) => level.itemId === itemId);
    return {
      isTracked: own.length > 0,
      levels: own.filter((level) => counted.has(level.locationId)),
      incoming: incoming
        .filter((row) => row.item_id === itemId && counted.has(row.location_id))
        .map((row) => ({ atMs: row.due_at?.getTime() ?? null, quantity: row.quantity - row.received - row.cancelled })),
      allowed: sellableOf(buffers, { channel, itemId }),
    };
  };
  const stock = new Map(itemIds.map((id) => [id, stockOf(id)]));
  return new Map(
    variantIds.map((id) => [id, partsOf(id).map(({ itemId, quantity }) => ({ quantity, stock: stock.get(itemId)! }))]),
  );
}
