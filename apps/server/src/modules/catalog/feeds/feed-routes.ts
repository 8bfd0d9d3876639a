import { api } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { requirePublicId } from '../../../platform/ids/index.ts';
import type { Outbound } from '../../../platform/outbound/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { changeFeed, createFeed, noFeed } from './change-feed.ts';
import { askForFeed, deleteFeed, findFeed, pageFeeds } from './feed-store.ts';
import { presentFeed, presentRun } from './present-feed.ts';
import { listRuns } from './run-store.ts';

const RUNS_SHOWN = 20;

/** Product feeds that are fetched by their address. */
export function createFeedRoutes(outbound: Outbound): Routes {
  return (serve) => {
    serve(api.createProductFeed, async ({ ctx, body }) => presentFeed(await createFeed(ctx, outbound, body)));

    serve(api.listProductFeeds, async ({ ctx, query: { limit, cursor } }) => {
      const before = decodeCursor(cursor, ['uuid'])?.[0];
      const page = { limit: limit + 1, beforeId: before === undefined ? undefined : String(before) };
      const rows = await pageFeeds(ctx.sql, ctx.workspaceId, page);
      return toPage(rows, { limit, keyOf: (row) => [row.id], present: presentFeed });
    });

    serve(api.getProductFeed, async ({ ctx, params }) => {
      const id = requirePublicId('pfd', params.id);
      const row = await findFeed(ctx.sql, ctx.workspaceId, { id });
      if (row === undefined) throw noFeed();
      const runs = await listRuns(ctx.sql, { workspaceId: ctx.workspaceId, feedId: id }, RUNS_SHOWN);
      return { ...presentFeed(row), runs: runs.map(presentRun) };
    });

    serve(api.updateProductFeed, async ({ ctx, params, body }) =>
      presentFeed(await changeFeed(ctx, outbound, { id: requirePublicId('pfd', params.id), body })),
    );

    serve(api.deleteProductFeed, async ({ ctx, params }) => {
      if (!(await deleteFeed(ctx.sql, ctx.workspaceId, requirePublicId('pfd', params.id)))) throw noFeed();
      await recordAudit(ctx, { action: 'product_feed.deleted', subject: params.id });
    });

    serve(api.runProductFeed, async ({ ctx, params, body }) => {
      const id = requirePublicId('pfd', params.id);
      const row = await findFeed(ctx.sql, ctx.workspaceId, { id, lock: true });
      if (row === undefined) throw noFeed();
      if (!row.is_enabled) throw new AppError('conflict', 'This product feed is not fetched: set "enabled" first');
      const at = new Date(ctx.clock.now());
      const allowShrink = body?.allowShrink === true;
      await askForFeed(ctx.sql, ctx.workspaceId, { id, ask: allowShrink ? 'shrink' : 'run', at });
      await recordAudit(ctx, { action: 'product_feed.asked_for', subject: params.id, detail: { allowShrink } });
      return presentFeed({ ...row, due_at: at });
    });
  };
}
