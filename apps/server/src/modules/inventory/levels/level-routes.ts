import { api, type AnswerOf } from '@segue/contract';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { requireKnown } from '../require-known.ts';
import { availableOf, type Level } from './level.ts';
import { type MovementRow, pageLevels, pageMovements } from './level-store.ts';
import { limitLevels, recordMovements, setLevels } from './move-stock.ts';

/** Levels, and the movements they are the sums of. */
export const levelRoutes: Routes = (serve) => {
  serve(api.listStockLevels, async ({ ctx, query: { limit, cursor, ...filter } }) => {
    const { variantIds, locationIds } = await requireKnown(ctx, filterOf(filter));
    const [itemId, locationId] = decodeCursor(cursor, ['uuid', 'uuid'])?.map(String) ?? [];
    const rows = await pageLevels(ctx.sql, ctx.workspaceId, {
      itemIds: filter.variantId === undefined ? undefined : variantIds,
      locationId: locationIds[0],
      after: itemId === undefined || locationId === undefined ? undefined : { itemId, locationId },
      limit: limit + 1,
    });
    return toPage(rows, { limit, keyOf: (row) => [row.itemId, row.locationId], present: presentLevel });
  });

  serve(api.setStockLevels, async ({ ctx, body: { levels } }) => {
    const ids = await requireKnown(ctx, namedIn('levels', levels));
    const sets = levels.map((level, at) => ({ ...level, ...keyAt(ids, at) }));
    const outcomes = await setLevels(ctx, sets);
    const set = outcomes.filter(({ kind }) => kind === 'set').length;
    await recordAudit(ctx, {
      action: 'stock.set',
      subject: 'inventory',
      detail: { set, stale: outcomes.length - set },
    });
    return {
      levels: outcomes.map((one, at) => ({
        outcome: one.kind,
        quantity: one.kind === 'set' ? sets[at]!.quantity : one.quantity,
        version: one.version,
      })),
    };
  });

  serve(api.limitStockLevels, async ({ ctx, body: { levels } }) => {
    const ids = await requireKnown(ctx, namedIn('levels', levels));
    await limitLevels(
      ctx,
      levels.map((level, at) => ({ ...level, ...keyAt(ids, at) })),
    );
    await recordAudit(ctx, { action: 'stock.limited', subject: 'inventory', detail: { levels: levels.length } });
  });

  serve(api.recordStockMovements, async ({ ctx, body: { movements } }) => {
    const ids = await requireKnown(ctx, namedIn('movements', movements));
    const inputs = movements.map(({ key, ...move }, at) => ({
      ...move,
      variantId: ids.variantIds[at]!,
      locationId: ids.locationIds[at]!,
      idempotencyKey: key,
    }));
    const made = await recordMovements(ctx, inputs);
    await recordAudit(ctx, { action: 'stock.moved', subject: 'inventory', detail: { made, told: movements.length } });
    return { made };
  });

  serve(api.listStockMovements, async ({ ctx, query: { limit, cursor, ...filter } }) => {
    const { variantIds, locationIds } = await requireKnown(ctx, filterOf(filter));
    const beforeId = decodeCursor(cursor, ['number'])?.[0];
    const rows = await pageMovements(ctx.sql, ctx.workspaceId, {
      itemId: variantIds[0],
      locationId: locationIds[0],
      beforeId: beforeId === undefined ? null : Number(beforeId),
      limit: limit + 1,
    });
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: presentMovement });
  });
};

function filterOf({ variantId, locationId }: { variantId?: string | undefined; locationId?: string | undefined }) {
  return {
    variants: variantId === undefined ? [] : [{ field: 'variantId', id: variantId }],
    locations: locationId === undefined ? [] : [{ field: 'locationId', id: locationId }],
  };
}

function namedIn(list: string, items: readonly { variantId: string; locationId: string }[]) {
  return {
    variants: items.map(({ variantId }, at) => ({ field: `${list}[${at}].variantId`, id: variantId })),
    locations: items.map(({ locationId }, at) => ({ field: `${list}[${at}].locationId`, id: locationId })),
  };
}

function keyAt({ variantIds, locationIds }: { variantIds: string[]; locationIds: string[] }, at: number) {
  return { itemId: variantIds[at]!, locationId: locationIds[at]! };
}

function presentLevel(level: Level): AnswerOf<typeof api.listStockLevels>['items'][number] {
  const { on_hand: onHand, unavailable, reserved, incoming, preordered } = level.counts;
  const { backorderLimit, preorderLimit, shortfall, version } = level;
  return {
    variantId: publicId('var', level.itemId),
    locationId: publicId('loc', level.locationId),
    ...{ onHand, unavailable, reserved, available: availableOf(level), incoming, preordered },
    ...{ backorderLimit, preorderLimit, shortfall, version },
  };
}

function presentMovement(row: MovementRow): AnswerOf<typeof api.listStockMovements>['items'][number] {
  const { id, field, delta, reason } = row;
  return {
    ...{ id, field, delta, reason },
    variantId: publicId('var', row.item_id),
    locationId: publicId('loc', row.location_id),
    refType: row.ref_type,
    refId: row.ref_id,
    at: row.at.toISOString(),
  };
}
