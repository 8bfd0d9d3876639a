import type { Ctx, Services } from '../../../platform/context.ts';
import { blindHash, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { AppError } from '../../../platform/errors.ts';
import { addGuesses, countGuesses, deleteGuesses } from './guess-store.ts';

const WINDOW_MS = 10 * 60_000;
/** Unknown codes in a window. A caller is a whole shop or till: what it says of its customers it is asked for less. */
const MOST = { profile: 10, ip: 20, caller: 600 } as const;
const FORGET_AT_ONCE = 1_000;

/** Who may be guessing codes, as far as it is known. */
export interface Guesser {
  readonly profileId: string | null;
  /** Of the customer's device. */
  readonly ip: string | undefined;
}

interface Counted {
  /** Keyed hashes: neither address nor customer can be read back. */
  readonly who: readonly Buffer[];
  readonly most: readonly number[];
  readonly windowAt: Date;
}

function countedOf(ctx: Ctx, { profileId, ip }: Guesser, keys: WorkspaceKeys): Counted {
  const { actor } = ctx;
  const caller = actor.kind === 'system' ? actor.name : actor.id;
  const named: [kind: keyof typeof MOST, name: string][] = [['caller', caller]];
  if (profileId !== null) named.push(['profile', profileId]);
  if (ip !== undefined) named.push(['ip', ip]);
  return {
    who: named.map(([kind, name]) => blindHash(keys.blind, `coupon guess ${kind} ${name}`)),
    most: named.map(([kind]) => MOST[kind]),
    windowAt: new Date(Math.floor(ctx.clock.now() / WINDOW_MS) * WINDOW_MS),
  };
}

/** Stops who tried too many unknown codes: from then on right ones are not answered either, until the window is over. */
export async function refuseGuessing(ctx: Ctx, guesser: Guesser): Promise<void> {
  const counted = countedOf(ctx, guesser, await ctx.keysOf(ctx.workspaceId));
  const guesses = await countGuesses(ctx.sql, ctx.workspaceId, counted);
  if (!guesses.some((count, place) => count >= (counted.most[place] ?? 0))) return;
  const seconds = Math.ceil((counted.windowAt.getTime() + WINDOW_MS - ctx.clock.now()) / 1_000);
  throw new AppError('rate_limited', 'Too many unknown codes', {
    retryAfterSeconds: Math.max(1, seconds),
    details: [{ field: 'codes', message: `wait ${Math.max(1, seconds)} seconds, then try again` }],
  });
}

/** Counts codes that nobody has. */
export async function noteGuesses(ctx: Ctx, guesser: Guesser, unknown: number): Promise<void> {
  if (unknown === 0) return;
  const { who, windowAt } = countedOf(ctx, guesser, await ctx.keysOf(ctx.workspaceId));
  await addGuesses(ctx.sql, ctx.workspaceId, { who, windowAt, guesses: unknown });
}

/** A round: forgets windows that are over. */
export async function forgetGuesses(services: Services): Promise<number> {
  return deleteGuesses(services.postgres, new Date(services.clock.now() - WINDOW_MS), FORGET_AT_ONCE);
}
