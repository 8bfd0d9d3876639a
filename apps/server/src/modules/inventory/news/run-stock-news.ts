import type { Services } from '../../../platform/context.ts';
import type { Transaction } from '../../../platform/postgres/index.ts';
import { takeSaleChanges } from '../../catalog/index.ts';
import { availableOf, byKey, keyOf, type LevelKey } from '../levels/level.ts';
import { readLevels } from '../levels/level-store.ts';
import { foldOwnChanges } from '../levels/own-change-store.ts';
import { listAllLocations } from '../locations/location-store.ts';
import { readComponents } from '../reservations/reservation-store.ts';
import { composeNews } from './compose-news.ts';
import {
  type ChangeRow,
  deleteChanges,
  forgetNews,
  insertNews,
  insertRetold,
  listChanges,
  lockTeller,
  readTold,
} from './news-store.ts';

const AT_ONCE_MAX = 1_000;
/** Readers that were away for longer begin with what is so now. */
const DAY_MS = 24 * 3_600_000;
const KEPT_MS = 7 * DAY_MS;
const SALES_KEPT_MS = 60 * DAY_MS;
const FORGET_AT_ONCE_MAX = 5_000;

/**
 * A round: turns levels that changed into news, in an order that no later commit can get before. One process at a time; what
 * changed several times is told once, as it is now. Answers how many changes it took.
 */
export async function runStockNews(services: Services): Promise<number> {
  return services.postgres.transaction(async (sql) => {
    if (!(await lockTeller(sql))) return 0;
    const at = new Date(services.clock.now());
    const sold = await retellSales(sql, at);
    const changes = await listChanges(sql, AT_ONCE_MAX);
    for (const workspaceId of new Set(changes.map((change) => change.workspace_id))) {
      const own = changes.filter((change) => change.workspace_id === workspaceId);
      await tell(sql, { workspaceId, changes: own, at });
    }
    return Math.max(changes.length, sold);
  });
}

/** What came into or went out of sale: of what is made of other items, those are told. */
async function retellSales(sql: Transaction, at: Date): Promise<number> {
  const changes = await takeSaleChanges(sql, AT_ONCE_MAX);
  for (const workspaceId of new Set(changes.map((change) => change.workspaceId))) {
    const own = changes.filter((change) => change.workspaceId === workspaceId).map(({ variantId }) => variantId);
    const components = await readComponents(sql, workspaceId, [...new Set(own)]);
    const items = own.flatMap((id) => components.get(id)?.map(({ itemId }) => itemId) ?? [id]);
    await insertRetold(sql, workspaceId, { retold: { itemIds: [...new Set(items)] }, at });
  }
  return changes.length;
}

/** A round: forgets old news, and which sales old counts had in them. Answers how many. */
export async function forgetStockNews({ postgres, clock }: Services): Promise<number> {
  const now = clock.now();
  const limit = FORGET_AT_ONCE_MAX;
  const forgotten = await forgetNews(postgres, { before: new Date(now - KEPT_MS), limit });
  return forgotten + (await foldOwnChanges(postgres, { before: new Date(now - SALES_KEPT_MS), limit }));
}

async function tell(
  sql: Transaction,
  { workspaceId, changes, at }: { workspaceId: number; changes: readonly ChangeRow[]; at: Date },
): Promise<void> {
  const itemIds = [...new Set(changes.map((change) => change.item_id))];
  const told = await readTold(sql, workspaceId, itemIds);
  const locations = await listAllLocations(sql, workspaceId);
  const levels = await readLevels(sql, workspaceId, itemIds);
  const news = composeNews({
    changed: distinct(changes),
    due: distinct(changes.filter((change) => change.is_due)),
    retold: new Set(distinct(changes.filter((change) => change.is_retold)).map(keyOf)),
    told,
    available: new Map(levels.map((level) => [keyOf(level), availableOf(level)])),
    activeLocations: new Set(locations.filter((one) => one.state === 'active').map((one) => one.id)),
  });
  await insertNews(sql, workspaceId, { news, at });
  await deleteChanges(
    sql,
    workspaceId,
    changes.map((change) => change.id),
  );
}

function distinct(changes: readonly ChangeRow[]): LevelKey[] {
  const keys = changes.map((change) => ({ itemId: change.item_id, locationId: change.location_id }));
  return [...new Map(keys.map((key) => [keyOf(key), key])).values()].sort(byKey);
}
