import { createTableKeeper, type PersonalDataKeeper } from '../../platform/personal-data/index.ts';
import { anonymiseAccounts } from './profiles/follow-store.ts';
import { pageToldEntries } from './profiles/told-entries-store.ts';

const PAGE_ROWS = 200;

const tables = createTableKeeper({
  name: 'loyalty',
  tables: [
    {
      table: 'loyalty_account',
      kind: 'pointsAccount',
      profiles: ['profile_id'],
      nodes: ['node'],
      order: ['id'],
    },
  ],
});

/** What points keep about customers. Erased, the books stay as nobody's: what the shop owes in points is its to account for. */
export const loyaltyPersonalData: PersonalDataKeeper = {
  ...tables,
  untold: { points_news: 'waits to be told as events of hers, and these are told' },
  async *export(ctx, subject) {
    yield* tables.export(ctx, subject);
    const { profileIds, nodes } = subject;
    for (let afterId = 0; ;) {
      const page = { profileIds, nodes, afterId, limit: PAGE_ROWS };
      const rows = await pageToldEntries(ctx.sql, ctx.workspaceId, page);
      for (const { id: _id, note, at, ...entry } of rows) {
        const data = { ...entry, ...(note !== null && { note }), at: at.toISOString() };
        yield { kind: 'pointsEntry', data };
      }
      if (rows.length < PAGE_ROWS) return;
      afterId = rows.at(-1)!.id;
    }
  },
  async erase(ctx, subject) {
    return { rows: await anonymiseAccounts(ctx.sql, ctx.workspaceId, subject) };
  },
};
