import { api, type AnswerOf } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { requireKnown } from '../require-known.ts';
import { stockTx } from '../reservations/stock-tx.ts';
import { cancelTransfer, createTransfer, noTransfer, receiveTransfer, shipTransfer } from './change-transfers.ts';
import { inTransitOf, stateOf, type Transfer } from './transfer.ts';
import { findTransfer, pageTransfers } from './transfer-store.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Goods that move from one location to another. */
export const transferRoutes: Routes = (serve) => {
  serve(api.createStockTransfer, async ({ ctx, body: { fromLocationId, toLocationId, lines, dueAt, reference } }) => {
    const { variantIds, locationIds } = await requireKnown(ctx, {
      variants: lines.map(({ variantId: id }, at) => ({ field: `lines[${at}].variantId`, id })),
      locations: [
        { field: 'fromLocationId', id: fromLocationId },
        { field: 'toLocationId', id: toLocationId },
      ],
    });
    const { transfer, isRepeat } = await createTransfer(stockTx(ctx), {
      ...{ fromId: locationIds[0]!, toId: locationIds[1]!, dueAt: dueAt === null ? null : new Date(dueAt), reference },
      lines: lines.map(({ quantity }, at) => ({ variantId: variantIds[at]!, quantity })),
    });
    if (!isRepeat)
      await recordAudit(ctx, { action: 'stock_transfer.created', subject: transfer.id, detail: piecesOf(transfer) });
    return { isRepeat, transfer: present(transfer) };
  });

  serve(api.listStockTransfers, async ({ ctx, query: { limit, cursor } }) => {
    const beforeId = decodeCursor(cursor, ['uuid'])?.[0];
    const page = { beforeId: beforeId === undefined ? null : String(beforeId), limit: limit + 1 };
    const rows = await pageTransfers(ctx.sql, ctx.workspaceId, page);
    return toPage(rows, { limit, keyOf: (row) => [row.id], present });
  });

  serve(api.getStockTransfer, async ({ ctx, params }) => present(await requireTransfer(ctx, params)));

  serve(api.shipStockTransfer, async ({ ctx, params, body: { dueAt } }) => {
    const due = dueAt === undefined ? {} : { dueAt: dueAt === null ? null : new Date(dueAt) };
    const transfer = await shipTransfer(stockTx(ctx), { id: idOf(params), ...due });
    await recordAudit(ctx, { action: 'stock_transfer.shipped', subject: transfer.id, detail: piecesOf(transfer) });
    return present(transfer);
  });

  serve(api.receiveStockTransfer, async ({ ctx, params, body: { lines } }) => {
    await requireTransfer(ctx, params);
    const { variantIds } = await requireKnown(ctx, {
      variants: lines.map(({ variantId: id }, at) => ({ field: `lines[${at}].variantId`, id })),
    });
    const receipts = lines.map(({ received, damaged, missing }, at) => {
      return { itemId: variantIds[at]!, received, damaged, missing };
    });
    const transfer = await receiveTransfer(stockTx(ctx), { id: idOf(params), receipts });
    await recordAudit(ctx, { action: 'stock_transfer.received', subject: transfer.id, detail: piecesOf(transfer) });
    return present(transfer);
  });

  serve(api.cancelStockTransfer, async ({ ctx, params }) => {
    const transfer = await cancelTransfer(stockTx(ctx), idOf(params));
    await recordAudit(ctx, { action: 'stock_transfer.cancelled', subject: transfer.id, detail: piecesOf(transfer) });
    return present(transfer);
  });
};

function idOf({ id }: { id: string }): string {
  if (!UUID.test(id)) throw noTransfer();
  return id;
}

async function requireTransfer({ sql, workspaceId }: Ctx, params: { id: string }): Promise<Transfer> {
  const transfer = await findTransfer(sql, workspaceId, { id: idOf(params) });
  if (transfer === undefined) throw noTransfer();
  return transfer;
}

function piecesOf({ lines }: Transfer): { pieces: number; inTransit: number } {
  return {
    pieces: lines.reduce((sum, line) => sum + line.quantity, 0),
    inTransit: lines.reduce((sum, line) => sum + inTransitOf(line), 0),
  };
}

function present(transfer: Transfer): AnswerOf<typeof api.getStockTransfer> {
  const { id, fromId, toId, dueAt, reference, createdAt, shippedAt, lines } = transfer;
  return {
    ...{ id, reference, state: stateOf(transfer), createdAt: createdAt.toISOString() },
    ...{ fromLocationId: publicId('loc', fromId), toLocationId: publicId('loc', toId) },
    dueAt: dueAt?.toISOString() ?? null,
    shippedAt: shippedAt?.toISOString() ?? null,
    lines: lines.map((line) => ({
      ...{ variantId: publicId('var', line.itemId), quantity: line.quantity, inTransit: inTransitOf(line) },
      ...{ received: line.received, damaged: line.damaged },
      ...{ missing: line.cancelled - line.returned, returned: line.returned },
    })),
  };
}
