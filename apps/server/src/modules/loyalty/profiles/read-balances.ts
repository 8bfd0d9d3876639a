import type { Sql } from '../../../platform/postgres/index.ts';
import { type Account, shownStanding, type Standing, standingOf } from '../ledger/account.ts';
import { readAccounts } from '../ledger/account-store.ts';
import { listPrograms } from '../programs/program-store.ts';
import { currentTerms, type Program } from '../programs/program.ts';

/** What a customer has in one program, as the program shows it. */
export interface Balance extends Standing {
  readonly programId: string;
  /** Its key. */
  readonly program: string;
  readonly name: string;
  readonly unit: string;
  readonly lifetimeEarned: number;
  readonly lifetimeBurned: number;
}

/** What these customers have, by program; who has nothing anywhere is left out. Two queries. */
export async function readBalances(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, Balance[]>> {
  const accounts = await readAccounts(sql, workspaceId, profileIds);
  if (accounts.length === 0) return new Map();
  const programs = await listPrograms(sql, workspaceId);
  const byProfile = new Map<string, Account[]>();
  for (const account of accounts) {
    const { profileId } = account;
    if (profileId !== null) byProfile.set(profileId, [...(byProfile.get(profileId) ?? []), account]);
  }
  return new Map(
    [...byProfile].map(([profileId, own]) => [
      profileId,
      programs.flatMap((program) => {
        const purse = own.filter(({ programId }) => programId === program.id);
        return purse.length === 0 ? [] : [balanceOf(program, purse)];
      }),
    ]),
  );
}

function balanceOf(program: Program, purse: readonly Account[]): Balance {
  const { id: programId, key, name, unit } = program;
  return {
    ...{ programId, program: key, name, unit },
    ...shownStanding(standingOf(purse), currentTerms(program).shortfall),
    lifetimeEarned: purse.reduce((sum, one) => sum + one.lifetimeEarned, 0),
    lifetimeBurned: purse.reduce((sum, one) => sum + one.lifetimeBurned, 0),
  };
}
