import { type AnswerOf, api } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { requireProfileId } from '../../profiles/index.ts';
import { type EntryRow, pageEntries } from '../ledger/entry-store.ts';
import { listExpiring } from '../profiles/expiring-store.ts';
import { readBalances } from '../profiles/read-balances.ts';
import { getProgram } from '../programs/change-programs.ts';
import { listPrograms } from '../programs/program-store.ts';
import { currentTerms, type Programs, programsOf } from '../programs/program.ts';
import { adjustPoints } from './adjust-points.ts';
import { burnPoints } from './burn-points.ts';
import { earnPoints } from './earn-points.ts';
import { findHolder } from './holder.ts';
import type { Done } from './once-by-reference.ts';
import { quotePoints } from './quote-points.ts';
import { refundPoints } from './refund-points.ts';
import { transferPoints } from './transfer-points.ts';

const EXPIRING_MAX = 20;

/** What customers have in points, and what becomes of it: the same on web, till and chat. */
export const pointsRoutes: Routes = (serve) => {
  serve(api.getProfilePoints, async ({ ctx, params }) => presentPoints(ctx, await requireProfileId(ctx, params.id)));
  serve(api.findPoints, async ({ ctx, query }) => {
    const profileId = await findHolder(ctx, query.identifier);
    return profileId === undefined ? { profileId: null, programs: [] } : presentPoints(ctx, profileId);
  });

  serve(api.listPointsEntries, async ({ ctx, params, query: { limit, cursor, program } }) => {
    const profileId = await requireProfileId(ctx, params.id);
    const programId = program === undefined ? null : (await getProgram(ctx, program)).id;
    const key = decodeCursor(cursor, ['number'])?.[0];
    const beforeId = key === undefined ? null : Math.trunc(Number(key));
    const rows = await pageEntries(ctx.sql, ctx.workspaceId, { profileId, programId, beforeId, limit: limit + 1 });
    const programs = programsOf(await listPrograms(ctx.sql, ctx.workspaceId));
    return toPage(rows, { limit, keyOf: (row) => [row.id], present: (row) => presentEntry(row, programs) });
  });

  serve(api.quotePoints, ({ ctx, body }) => quotePoints(ctx, body));
  serve(api.earnPoints, async ({ ctx, body }) => audited(ctx, 'points.earned', await earnPoints(ctx, body)));
  serve(api.burnPoints, async ({ ctx, body }) => audited(ctx, 'points.burned', await burnPoints(ctx, body)));
  serve(api.refundPoints, async ({ ctx, body }) => audited(ctx, 'points.refunded', await refundPoints(ctx, body)));
  serve(api.adjustPoints, async ({ ctx, body }) => audited(ctx, 'points.adjusted', await adjustPoints(ctx, body)));
  serve(api.transferPoints, async ({ ctx, body }) => audited(ctx, 'points.given', await transferPoints(ctx, body)));
};

async function audited(ctx: TxCtx, action: string, done: Done): Promise<Done> {
  const { program, points, isRepeat } = done;
  if (!isRepeat) await recordAudit(ctx, { action, subject: program, detail: { points } });
  return done;
}

async function presentPoints(ctx: Ctx, profileId: string): Promise<AnswerOf<typeof api.getProfilePoints>> {
  const { sql, workspaceId } = ctx;
  const balances = (await readBalances(sql, workspaceId, [profileId])).get(profileId) ?? [];
  const expiring = await listExpiring(sql, workspaceId, { profileId, limit: EXPIRING_MAX });
  return {
    profileId: publicId('prf', profileId),
    programs: balances.map(({ programId, ...balance }) => ({
      ...balance,
      expiring: expiring
        .filter((row) => row.program_id === programId)
        .map((row) => ({ points: row.points, expiresAt: row.expires_at.toISOString() })),
    })),
  };
}

function presentEntry(row: EntryRow, programs: Programs): AnswerOf<typeof api.listPointsEntries>['items'][number] {
  const program = programs.get(row.program_id);
  const { shortfall } = currentTerms(program);
  const isShown = shortfall === 'debt';
  return {
    program: program.key,
    kind: row.kind,
    points: isShown ? row.delta_balance : row.delta_balance - row.delta_debt,
    pending: row.delta_pending,
    debt: isShown ? row.delta_debt : 0,
    balance: isShown ? Math.max(0, row.balance_after) : row.balance_after,
    reference: row.ref,
    at: row.at.toISOString(),
  };
}
