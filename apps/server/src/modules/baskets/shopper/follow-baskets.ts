import { readVersions } from '../basket-store.ts';
import type { Followed } from './live-streams.ts';
import { syncBasket } from './sync-basket.ts';

/** Baskets that devices follow: one that is merged goes on as what it became part of. */
export const followedBaskets: Followed<number> = {
  event: 'basket',
  async look({ sql, workspaceId }, ids) {
    const rows = await readVersions(sql, workspaceId, ids);
    return new Map(rows.map(({ id, version, merged_into: into }) => [id, (since) => into !== null || version > since]));
  },
  async read({ sql, workspaceId, clock }, { id, since }) {
    const synced = await syncBasket({ sql, workspaceId, nowMs: clock.now() }, id, since);
    return synced === undefined ? undefined : { id: synced.id, since: synced.view.version, view: synced.view };
  },
};
