import type { Json } from '../../platform/json.ts';
import type { PersonalDataKeeper } from '../../platform/personal-data/index.ts';
import { deleteNamedBaskets, pageNamedBaskets } from './personal-store.ts';
import { readBaskets } from './read-baskets.ts';

const PAGE_ROWS = 200;

/** What baskets keeps about customers. Tokens are keys to a basket, so they are told to nobody. */
export const basketsPersonalData: PersonalDataKeeper = {
  name: 'baskets',
  untold: { basket_conversion: 'only says which order a cart of hers became; the order is told' },
  async *export(ctx, subject) {
    for (let afterId: string | undefined; ;) {
      const page = { subject, afterId, limit: PAGE_ROWS };
      const ids = await pageNamedBaskets(ctx.sql, ctx.workspaceId, page);
      const baskets = await readBaskets(ctx.sql, ctx.workspaceId, ids);
      for (const { token: _token, shareToken, lines, node: _node, ...basket } of baskets.values()) {
        const said = [...lines.values()].map(({ saidBy: _by, ...line }) => line);
        const data = { ...basket, isShared: shareToken !== null, lines: said };
        yield { kind: 'basket', data: data as unknown as Json };
      }
      if (ids.length < PAGE_ROWS) return;
      afterId = ids.at(-1)!;
    }
  },
  async erase(ctx, subject) {
    return { rows: await deleteNamedBaskets(ctx.sql, ctx.workspaceId, subject) };
  },
};
