import type { AnswerOf, api, BodyOf } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { readBalances } from '../profiles/read-balances.ts';
import { requireProgram } from '../programs/change-programs.ts';
import { currentTerms } from '../programs/program.ts';
import { POINTS_MAX, usableFor } from './worth.ts';
import { requireHolder } from './holder.ts';

/** How many points can be used for an amount. Takes nothing. */
export async function quotePoints(
  ctx: Ctx,
  body: BodyOf<typeof api.quotePoints>,
): Promise<AnswerOf<typeof api.quotePoints>> {
  const { currency, amountMinor, points } = body;
  const program = await requireProgram(ctx, body.program);
  const isNamed = body.profileId !== undefined || body.identifier !== undefined;
  const balance = isNamed
    ? await balanceOf(ctx, { program: program.key, profileId: await requireHolder(ctx, body) })
    : null;
  const wish = { balance: balance ?? POINTS_MAX, points, amountMinor, currency };
  const usable = usableFor(currentTerms(program).burn, wish);
  return { program: program.key, unit: program.unit, balance, ...usable, currency };
}

async function balanceOf(ctx: Ctx, { program, profileId }: { program: string; profileId: string }): Promise<number> {
  const balances = (await readBalances(ctx.sql, ctx.workspaceId, [profileId])).get(profileId) ?? [];
  return balances.find((one) => one.program === program)?.balance ?? 0;
}
