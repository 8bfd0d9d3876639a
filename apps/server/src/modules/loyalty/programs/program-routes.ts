import { api } from '@segue/contract';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { createProgram, getProgram, updateProgram } from './change-programs.ts';
import type { PresentedProgram } from './program.ts';
import { pagePrograms, type PresentableRow, sumAccounts } from './program-store.ts';

/** Points programs and their terms. */
export const programRoutes: Routes = (serve) => {
  serve(api.createPointsProgram, async ({ ctx, body }) => {
    await createProgram(ctx, body);
    return present(await getProgram(ctx, body.key));
  });

  serve(api.listPointsPrograms, async ({ ctx, query: { limit, cursor } }) => {
    const key = decodeCursor(cursor, ['uuid'])?.[0];
    const page = { beforeId: key === undefined ? null : String(key), limit: limit + 1 };
    const rows = await pagePrograms(ctx.sql, ctx.workspaceId, page);
    return toPage(rows, { limit, keyOf: (row) => [row.id], present });
  });

  serve(api.getPointsProgram, async ({ ctx, params }) => present(await getProgram(ctx, params.key)));

  serve(api.updatePointsProgram, async ({ ctx, params, body }) => {
    await updateProgram(ctx, { key: params.key, change: body });
    return present(await getProgram(ctx, params.key));
  });

  serve(api.getPointsTotals, async ({ ctx, params }) => {
    const { id } = await getProgram(ctx, params.key);
    return sumAccounts(ctx.sql, ctx.workspaceId, id);
  });
};

function present({
  starts_at: startsAt,
  created_at: createdAt,
  updated_at: updatedAt,
  id: _id,
  ...row
}: PresentableRow) {
  const program: PresentedProgram = {
    ...row,
    startsAt: startsAt.toISOString(),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
  return program;
}
