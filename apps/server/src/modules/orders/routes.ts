import { type AnswerOf, api } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { requireLocations } from '../inventory/index.ts';
import { changeOrder, type OrderVerb } from './change-order.ts';
import { type BookRow, listOrderEvents, pageOrders, readBookRows } from './order-store.ts';
import { groupPlacing } from './place-calls.ts';
import type { PlaceDeps } from './place-wish.ts';
import { presentOrder } from './present-order.ts';
import { openAddresses } from './seal-order.ts';

/** The order book. */
export function createOrderRoutes(deps: PlaceDeps): Routes {
  return (serve) => {
    serve(api.placeOrder, groupPlacing(deps));

    serve(api.listOrders, async ({ ctx, query: { limit, cursor, profileId, ...filter } }) => {
      const [placedAt, id] = decodeCursor(cursor, ['instant', 'uuid'])?.map(String) ?? [];
      const whose = profileId === undefined ? undefined : await requireProfileId(ctx, profileId);
      const rows = await pageOrders(ctx.sql, ctx.workspaceId, {
        filter: { ...filter, profileId: whose },
        before: placedAt === undefined || id === undefined ? undefined : { placedAt, id },
        limit: limit + 1,
      });
      return toPage(rows.map(known), {
        limit,
        keyOf: ({ state }) => [new Date(state.placedAtMs).toISOString(), state.id],
        present: presentOrder,
      });
    });

    serve(api.getOrder, ({ ctx, params }) => present(ctx, idOf(params)));

    serve(api.getOrderAddresses, async ({ ctx, params }) => {
      const { addresses } = await rowOf(ctx, idOf(params));
      const { wrapping } = await ctx.keysOf(ctx.workspaceId);
      const { shipTo, billTo } = openAddresses(wrapping, addresses);
      return { shipTo: shipTo ?? null, billTo: billTo ?? null } as AnswerOf<typeof api.getOrderAddresses>;
    });

    serve(api.listOrderEvents, async ({ ctx, params }) => {
      const { id } = await rowOf(ctx, idOf(params));
      const events = await listOrderEvents(ctx.sql, ctx.workspaceId, id);
      return { events: events.map(({ name, detail, occurred_at: at }) => ({ name, detail, at: at.toISOString() })) };
    });

    serveChanges(deps, serve);
  };
}

function serveChanges(deps: PlaceDeps, serve: Parameters<Routes>[0]): void {
  const change = async (ctx: TxCtx, id: string, verb: OrderVerb) => {
    const order = await changeOrder(ctx, deps, { id, verb });
    const { payment, fulfilment, standing } = order;
    const detail = { verb: verb.kind, payment, fulfilment, standing };
    await recordAudit(ctx, { action: 'order.changed', subject: publicId('ord', id), detail });
    return present(ctx, id);
  };

  serve(api.payOrder, ({ ctx, params, body }) => change(ctx, idOf(params), { kind: 'pay', ...body }));
  serve(api.cancelOrder, ({ ctx, params, body }) => change(ctx, idOf(params), { kind: 'cancel', ...body }));
  serve(api.closeOrder, ({ ctx, params }) => change(ctx, idOf(params), { kind: 'close' }));
  serve(api.deliverOrder, ({ ctx, params, body }) => change(ctx, idOf(params), { kind: 'deliver', ...body }));

  serve(api.fulfilOrder, async ({ ctx, params, body }) => {
    const { reference, lines, locationId, estimatedAt, ...tracking } = body;
    const [from] =
      locationId === undefined ? [] : await requireLocations(ctx, [{ field: 'locationId', id: locationId }]);
    const due = estimatedAt === undefined ? {} : { estimatedAtMs: Date.parse(estimatedAt) };
    return change(ctx, idOf(params), {
      kind: 'fulfil',
      reference,
      lines,
      locationId: from,
      tracking: { ...tracking, ...due },
    });
  });

  serve(api.refundOrder, async ({ ctx, params, body }) => {
    const named = body.lines.flatMap(({ locationId }, at) =>
      locationId === undefined ? [] : [{ field: `lines[${at}].locationId`, id: locationId }],
    );
    await requireLocations(ctx, named);
    const lines = body.lines.map(({ locationId, ...line }) => ({
      ...line,
      ...(locationId !== undefined && { locationId: requirePublicId('loc', locationId) }),
    }));
    return change(ctx, idOf(params), { kind: 'refund', ...body, lines });
  });
}

function idOf({ id }: { id: string }): string {
  return requirePublicId('ord', id);
}

async function rowOf(ctx: Ctx, id: string): Promise<BookRow> {
  const [row] = await readBookRows(ctx.sql, ctx.workspaceId, [id]);
  if (row === undefined) throw new AppError('not_found', 'There is no such order');
  return row;
}

function known(row: BookRow) {
  if (row.state === undefined) throw new Error('an order without a state was read');
  return { state: row.state, facts: row.facts };
}

async function present(ctx: Ctx, id: string) {
  return presentOrder(known(await rowOf(ctx, id)));
}
