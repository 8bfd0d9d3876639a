import { parsePublicId } from '../../../platform/ids/index.ts';
import { findRefs, findVariants } from '../../catalog/index.ts';
import { observeLevels } from '../../inventory/index.ts';
import { putPushes } from '../push/push-store.ts';
import type { ShopLevel } from '../product-record.ts';
import { believes } from '../settings.ts';
import { resolveLocations } from './apply-locations.ts';
import { type Applying, ownerOf } from './applying.ts';
import { type ShopLevelRow, upsertLevels } from './level-store.ts';
import { levelKey, type Told } from './sort-records.ts';
import { putWaiting } from './waiting-store.ts';

/** Stock as the shop counts it. A level that comes before what it counts waits for it. */
export async function applyLevels(applying: Applying, levels: readonly ShopLevel[]): Promise<void> {
  if (levels.length === 0) return;
  const { ctx, connector, settings, keys } = applying;
  const of = ownerOf(applying);
  const at = new Date(ctx.clock.now());
  const variants = await resolveItems(
    applying,
    levels.map((level) => level.of),
  );
  const waiting = levels
    .filter((level) => !variants.has(itemKey(level.of)))
    .map((level) => ({
      ...{ awaits: itemKey(level.of), key: levelKey(level), atMs: level.atMs },
      record: { kind: 'level' as const, level },
    }));
  await putWaiting(ctx.sql, of, { waiting, keys, at });
  const known = newestOf(levels.filter((level) => variants.has(itemKey(level.of))));
  if (known.length === 0) return;
  const locationOf = await resolveLocations(
    applying,
    known.map(({ locationId }) => locationId),
  );
  const rows = known.map((level): ShopLevelRow => ({
    ...{
      item_ref: level.of.id,
      item_kind: level.of.kind,
      location_ref: level.locationId ?? '',
      variant_id: variants.get(itemKey(level.of))!,
    },
    ...{ location_id: locationOf(level.locationId), quantity: level.quantity ?? 0, is_gone: level.quantity === null },
    observed_at: new Date(level.atMs),
  }));
  await upsertLevels(ctx.sql, of, rows);
  if (!believes(settings, 'stock')) {
    // Its count is not believed: it is to be told ours.
    const variantIds = [...new Set(rows.map((row) => row.variant_id))];
    if (settings.pushesStock) await putPushes(ctx.sql, of, { variantIds, at });
    return;
  }
  await observeLevels(ctx, {
    source: connector.source,
    levels: rows.map(({ variant_id: variantId, location_id: locationId, quantity, observed_at: at }) => ({
      ...{ variantId, locationId, quantity, observedAtMs: at.getTime() },
    })),
  });
}

export function itemKey({ kind, id }: ShopLevel['of']): string {
  return `${kind}:${id}`;
}

/** What waited may be older than what came with what it waited for. */
function newestOf(levels: readonly ShopLevel[]): ShopLevel[] {
  const newest = new Map<string, ShopLevel>();
  for (const level of levels) {
    const key = levelKey(level);
    const known = newest.get(key);
    const isTie = known?.atMs === level.atMs && (known.quantity ?? 0) > (level.quantity ?? 0);
    if (known === undefined || known.atMs < level.atMs || isTie) newest.set(key, level);
  }
  return [...newest.values()];
}

/** Our variants behind what the shop counts by. An id of its own is nobody else's, whatever others call so. */
async function resolveItems(applying: Applying, named: readonly ShopLevel['of'][]): Promise<Map<string, string>> {
  const { sql, workspaceId } = applying.ctx;
  const { source } = applying.connector;
  const items = [...new Map(named.map((of) => [itemKey(of), of])).values()];
  const foreign = items.filter(({ kind, id }) => kind !== 'sku' && parsePublicId('var', id) === undefined);
  const others = items.filter((of) => !foreign.includes(of));
  const refs = foreign.map(({ kind, id }) => ({ source, id, kind }));
  const ids = await findRefs(sql, workspaceId, refs);
  const names = others.map(({ kind, id }) => (kind === 'sku' ? { sku: id } : { variantId: id }));
  const variants = await findVariants(sql, workspaceId, names);
  const found = [
    ...foreign.map((of, at) => [itemKey(of), ids[at]] as const),
    ...others.map((of, at) => [itemKey(of), variants[at]?.id] as const),
  ];
  return new Map(found.flatMap(([key, id]) => (id === undefined ? [] : [[key, id] as const])));
}

export function levelsOf(told: readonly Told<ShopLevel>[]): ShopLevel[] {
  return told.flatMap(({ value }) => (value === undefined ? [] : [value]));
}
