import type { Ctx } from '../../platform/context.ts';
import type { Json } from '../../platform/json.ts';
import { namesHer, type PersonalDataKeeper, type PersonalSubject } from '../../platform/personal-data/index.ts';
import { forgetCustomer, pageNamedOrders, pageUnowned } from './personal-store.ts';
import type { BookRow } from './order-store.ts';
import { presentOrder } from './present-order.ts';
import { openAddresses, openWho } from './seal-order.ts';

const PAGE_ROWS = 200;

/** Her orders. Erased, they stay in the book as anybody's: what was sold and paid is the shop's to account for. */
export const ordersPersonalData: PersonalDataKeeper = {
  name: 'orders',
  untold: {},
  async *export(ctx, subject) {
    const { wrapping } = await ctx.keysOf(ctx.workspaceId);
    for await (const row of ordersNaming(ctx, subject)) {
      if (row.state === undefined) continue;
      const { shipTo, billTo } = openAddresses(wrapping, row.addresses);
      const order = presentOrder({ state: row.state, facts: row.facts });
      const data = {
        ...order,
        shipTo: shipTo ?? null,
        billTo: billTo ?? null,
        who: row.who === null ? null : openWho(wrapping, row.who),
      };
      yield { kind: 'order', data: data as unknown as Json };
    }
  },
  async erase(ctx, subject) {
    const ids: string[] = [];
    for await (const row of unownedNaming(ctx, subject)) ids.push(row.id);
    return { rows: await forgetCustomer(ctx.sql, ctx.workspaceId, { subject, ids }) };
  },
};

/** Those filed under her, and those nobody owns yet whose words on the customer are hers. */
async function* ordersNaming(ctx: Ctx, subject: PersonalSubject): AsyncIterable<BookRow> {
  for (let afterId: string | undefined; ;) {
    const rows = await pageNamedOrders(ctx.sql, ctx.workspaceId, { subject, afterId, limit: PAGE_ROWS });
    yield* rows;
    if (rows.length < PAGE_ROWS) break;
    afterId = rows.at(-1)!.id;
  }
  yield* unownedNaming(ctx, subject);
}

async function* unownedNaming(ctx: Ctx, subject: PersonalSubject): AsyncIterable<BookRow> {
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  for (let afterId: string | undefined; ;) {
    const rows = await pageUnowned(ctx.sql, ctx.workspaceId, { afterId, limit: PAGE_ROWS });
    for (const row of rows)
      if (row.who !== null && namesHer(JSON.stringify(openWho(wrapping, row.who)), subject.values)) yield row;
    if (rows.length < PAGE_ROWS) return;
    afterId = rows.at(-1)!.id;
  }
}
