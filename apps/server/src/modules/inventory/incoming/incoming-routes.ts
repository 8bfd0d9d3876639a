import { api, type AnswerOf } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { requireKnown } from '../require-known.ts';
import { addIncoming, cancelIncoming, postponeIncoming, receiveIncoming } from './change-incoming.ts';
import { type IncomingRow, pageIncoming } from './incoming-store.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What is on its way. */
export const incomingRoutes: Routes = (serve) => {
  serve(api.addIncoming, async ({ ctx, body: { variantId, locationId, quantity, dueAt, reference } }) => {
    const { variantIds, locationIds } = await requireKnown(ctx, {
      variants: [{ field: 'variantId', id: variantId }],
      locations: [{ field: 'locationId', id: locationId }],
    });
    const key = { itemId: variantIds[0]!, locationId: locationIds[0]! };
    const due = dueAt === null ? null : new Date(dueAt);
    const added = await addIncoming(ctx, { ...key, quantity, dueAt: due, reference });
    if (added === undefined) {
      throw new AppError('conflict', 'This was told before', {
        details: [{ field: 'reference', message: 'has been used for this variant and location; use another' }],
      });
    }
    await recordAudit(ctx, { action: 'incoming.added', subject: added.id, detail: { quantity } });
    return present(added);
  });

  serve(api.listIncoming, async ({ ctx, query: { limit, cursor } }) => {
    const beforeId = decodeCursor(cursor, ['uuid'])?.[0];
    const page = { beforeId: beforeId === undefined ? null : String(beforeId), limit: limit + 1 };
    const rows = await pageIncoming(ctx.sql, ctx.workspaceId, page);
    return toPage(rows, { limit, keyOf: (row) => [row.id], present });
  });

  serve(api.receiveIncoming, async ({ ctx, params, body: { quantity } }) => {
    const row = await receiveIncoming(ctx, { id: idOf(params), quantity });
    await recordAudit(ctx, { action: 'incoming.received', subject: row.id, detail: { quantity } });
    return present(row);
  });

  serve(api.cancelIncoming, async ({ ctx, params, body: { quantity } }) => {
    const row = await cancelIncoming(ctx, { id: idOf(params), quantity });
    await recordAudit(ctx, { action: 'incoming.cancelled', subject: row.id, detail: { quantity } });
    return present(row);
  });

  serve(api.postponeIncoming, async ({ ctx, params, body: { dueAt } }) => {
    const row = await postponeIncoming(ctx, { id: idOf(params), dueAt: dueAt === null ? null : new Date(dueAt) });
    await recordAudit(ctx, { action: 'incoming.postponed', subject: row.id, detail: { dueAt } });
    return present(row);
  });
};

function idOf({ id }: { id: string }): string {
  if (!UUID.test(id)) throw new AppError('not_found', 'Nothing like that is coming');
  return id;
}

function present(row: IncomingRow): AnswerOf<typeof api.addIncoming> {
  const { id, quantity, received, cancelled, reference } = row;
  return {
    ...{ id, quantity, received, cancelled, reference },
    variantId: publicId('var', row.item_id),
    locationId: publicId('loc', row.location_id),
    dueAt: row.due_at?.toISOString() ?? null,
  };
}
