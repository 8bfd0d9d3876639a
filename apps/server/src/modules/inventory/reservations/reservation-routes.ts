import { api, type BodyOf } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { Routes } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { insertRetold } from '../news/news-store.ts';
import { requireKnown, requireVariant } from '../require-known.ts';
import type { Reserved } from './decide-wish.ts';
import { consumeReservations, releaseReservations } from './end-reservations.ts';
import type { ReservationDesk } from './reservation-desk.ts';
import {
  deleteBuffer,
  EVERY_ITEM,
  listAllBuffers,
  listReservations,
  putBuffer,
  readComponents,
  replaceComponents,
} from './reservation-store.ts';
import type { Wish } from './wish.ts';

const CART_HOLD_MS = 15 * 60_000;

/** Stock set apart, and what channels and bundles may take of it. */
export function createReservationRoutes(desk: ReservationDesk): Routes {
  return (serve) => {
    serve(api.reserveStock, async ({ ctx, body }) => {
      const { variantIds, locationIds } = await requireKnown(ctx, namedIn(body));
      const wish = wishOf(body, { variantIds, locationIds, nowMs: ctx.clock.now() });
      return present(await desk.reserve(ctx.workspaceId, wish), body.ownerRef);
    });

    serve(api.releaseStock, async ({ ctx, body: { ownerRef, lines } }) => {
      const { quantity } = await releaseReservations(ctx, { ownerRef, lines: lines?.map(lineOf) });
      await recordAudit(ctx, { action: 'stock.released', subject: ownerRef, detail: { quantity } });
      return { released: quantity };
    });

    serve(api.consumeStock, async ({ ctx, body: { ownerRef, lines, locationId, reference } }) => {
      const from = locationId === undefined ? undefined : requirePublicId('loc', locationId);
      const wish = { ownerRef, lines: lines?.map(lineOf), locationId: from, reference };
      const { quantity, isRepeat } = await consumeReservations(ctx, wish);
      await recordAudit(ctx, { action: 'stock.consumed', subject: ownerRef, detail: { quantity } });
      return { consumed: quantity, isRepeat };
    });

    serve(api.getReservation, async ({ ctx, query: { ownerRef } }) => {
      const rows = await listReservations(ctx.sql, ctx.workspaceId, [ownerRef]);
      const parts = rows.map(({ quantity, reserved, waiting, consumed, released, expired, ...row }) => ({
        variantId: publicId('var', row.item_id),
        locationId: publicId('loc', row.location_id),
        ...{ quantity, reserved, waiting, consumed, released, expired },
      }));
      return { parts };
    });

    serveBundles(serve);
  };
}

function serveBundles(serve: Parameters<Routes>[0]): void {
  serve(api.getBundle, async ({ ctx, params }) => {
    const variantId = await requireVariant(ctx, params.id);
    const parts = (await readComponents(ctx.sql, ctx.workspaceId, [variantId])).get(variantId) ?? [];
    return { components: parts.map(({ itemId, quantity }) => ({ variantId: publicId('var', itemId), quantity })) };
  });

  serve(api.setBundle, async ({ ctx, params, body: { components } }) => {
    const variantId = await requireVariant(ctx, params.id);
    const variants = components.map(({ variantId: id }, at) => ({ field: `components[${at}].variantId`, id }));
    const itemIds = (await requireKnown(ctx, { variants })).variantIds;
    const made = await readComponents(ctx.sql, ctx.workspaceId, itemIds);
    const details = itemIds.flatMap((itemId, at) =>
      made.has(itemId) || itemId === variantId || itemIds.indexOf(itemId) < at
        ? [
            {
              field: `components[${at}].variantId`,
              message: 'is a bundle itself, or named twice; name what is counted, once',
            },
          ]
        : [],
    );
    if (details.length > 0) throw new AppError('invalid', 'A bundle is made of what is counted', { details });
    const parts = itemIds.map((itemId, at) => ({ itemId, quantity: components[at]!.quantity }));
    await replaceComponents(ctx.sql, ctx.workspaceId, { variantId, components: parts });
    const at = new Date(ctx.clock.now());
    await insertRetold(ctx.sql, ctx.workspaceId, { retold: { itemIds: [...itemIds, variantId] }, at });
    await recordAudit(ctx, { action: 'bundle.changed', subject: params.id, detail: { components: parts.length } });
  });

  serve(api.listChannelBuffers, async ({ ctx }) => {
    const rows = await listAllBuffers(ctx.sql, ctx.workspaceId);
    const buffers = rows.map(({ channel, item_id: itemId, buffer, cap }) => ({
      ...{ channel, buffer, cap },
      variantId: itemId === EVERY_ITEM ? null : publicId('var', itemId),
    }));
    return { buffers };
  });

  serve(api.setChannelBuffer, async ({ ctx, body: { channel, variantId, buffer, cap } }) => {
    const itemId = variantId === null ? EVERY_ITEM : await knownVariant(ctx, variantId);
    await putBuffer(ctx.sql, ctx.workspaceId, { channel, item_id: itemId, buffer, cap });
    await retellItem(ctx, itemId);
    await recordAudit(ctx, { action: 'buffer.set', subject: channel, detail: { variantId, buffer, cap } });
  });

  serve(api.removeChannelBuffer, async ({ ctx, body: { channel, variantId } }) => {
    const itemId = variantId === null ? EVERY_ITEM : requirePublicId('var', variantId);
    await deleteBuffer(ctx.sql, ctx.workspaceId, { channel, itemId });
    await retellItem(ctx, itemId);
    await recordAudit(ctx, { action: 'buffer.removed', subject: channel, detail: { variantId } });
  });
}

/** What a channel may sell has changed. */
async function retellItem(
  { sql, workspaceId, clock }: Pick<Ctx, 'sql' | 'workspaceId' | 'clock'>,
  itemId: string,
): Promise<void> {
  const retold = itemId === EVERY_ITEM ? ('all' as const) : { itemIds: [itemId] };
  await insertRetold(sql, workspaceId, { retold, at: new Date(clock.now()) });
}

async function knownVariant(ctx: Parameters<typeof requireKnown>[0], id: string): Promise<string> {
  return (await requireKnown(ctx, { variants: [{ field: 'variantId', id }] })).variantIds[0]!;
}

function lineOf({ variantId, quantity }: { variantId: string; quantity: number }) {
  return { variantId: requirePublicId('var', variantId), quantity };
}

function namedIn({ lines, locationIds = [] }: BodyOf<typeof api.reserveStock>) {
  return {
    variants: lines.map(({ variantId: id }, at) => ({ field: `lines[${at}].variantId`, id })),
    locations: locationIds.map((id, at) => ({ field: `locationIds[${at}]`, id })),
  };
}

function wishOf(
  body: BodyOf<typeof api.reserveStock>,
  known: { variantIds: readonly string[]; locationIds: readonly string[]; nowMs: number },
): Wish {
  const { ownerRef, kind, channel, strategy, near, takesOver, expiresInSeconds } = body;
  const lastsMs =
    expiresInSeconds === undefined ? (kind === 'cart_hold' ? CART_HOLD_MS : undefined) : expiresInSeconds * 1000;
  return {
    ...{ ownerRef, kind, channel, strategy, near, takesOver },
    lines: body.lines.map(({ quantity }, at) => ({ variantId: known.variantIds[at]!, quantity })),
    locationIds: body.locationIds === undefined ? undefined : known.locationIds,
    expiresAtMs: lastsMs === undefined ? undefined : known.nowMs + lastsMs,
  };
}

function present(outcome: Reserved, ownerRef: string) {
  switch (outcome.kind) {
    case 'taken':
      throw new AppError('conflict', `"${ownerRef}" holds something else`, {
        details: [{ field: 'ownerRef', message: 'has another reservation; release it, or name it in "takesOver"' }],
      });
    case 'short':
      return {
        kind: 'short' as const,
        lines: outcome.lines.map((line) => ({ ...line, variantId: publicId('var', line.variantId) })),
      };
    case 'reserved':
      return {
        kind: 'reserved' as const,
        parts: outcome.parts.map(({ itemId, locationId, quantity }) => ({
          variantId: publicId('var', itemId),
          locationId: publicId('loc', locationId),
          quantity,
        })),
        untracked: outcome.untracked.map((id) => publicId('var', id)),
        expiresAt: outcome.expiresAtMs === null ? null : new Date(outcome.expiresAtMs).toISOString(),
        isRepeat: outcome.isRepeat,
      };
  }
}
