import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { stockTx } from '../reservations/stock-tx.ts';
import { judgeObservation, judgeTold, type Observation } from './decide-observation.ts';
import { availableOf, keyOf, type LevelKey } from './level.ts';
import { LevelBook } from './level-book.ts';
import { deleteCounted, readOwnChanges } from './own-change-store.ts';
import { ownUpTo } from './own-changes.ts';
import { putObservations, readObservations } from './observation-store.ts';

/** How many can be sold at a location, as an outside system counts it. */
export interface ObservedLevel {
  /** An item: a variant that is no bundle. */
  readonly variantId: string;
  readonly locationId: string;
  /** Available there: what that system has sold is off it already. */
  readonly quantity: number;
  readonly observedAtMs: number;
}

export interface ObservedCount {
  readonly taken: number;
  readonly stale: number;
  readonly deferred: number;
}

/**
 * Takes outside truth. A source's first word sets what is available; every later one moves ours by what it moved at the
 * source, less what we heard of it sale by sale (`own` of movements). An older word changes nothing, and any order and
 * repetition of words ends the same.
 */
export async function observeLevels(
  ctx: TxCtx,
  { source, levels }: { source: string; levels: readonly ObservedLevel[] },
): Promise<ObservedCount> {
  const { sql, workspaceId, now } = stockTx(ctx);
  const at = new Date(now);
  const keys = levels.map(({ variantId, locationId }) => ({ itemId: variantId, locationId }));
  const book = await LevelBook.lockWith(sql, workspaceId, { keys, at });
  const known = await readObservations(sql, workspaceId, { source, keys });
  const own = await readOwnChanges(sql, workspaceId, { source, keys });
  const changed = new Map<string, LevelKey & { observation: Observation }>();
  const count = { taken: 0, stale: 0, deferred: 0 };
  for (const [place, said] of levels.entries()) {
    const key = keys[place]!;
    const before = known.get(keyOf(key));
    const sold = ownUpTo(own.get(keyOf(key)) ?? [], said.observedAtMs);
    const judged = before === undefined ? firstWord(book, key, said) : judgeObservation(before, said);
    count[judged.kind] += 1;
    if (judged.kind === 'stale') continue;
    known.set(keyOf(key), judged.next);
    changed.set(keyOf(key), { ...key, observation: judged.next });
    if (judged.kind !== 'taken') continue;
    const delta = judged.delta + (before === undefined ? sold.later : -sold.counted);
    own.set(
      keyOf(key),
      (own.get(keyOf(key)) ?? []).filter(({ atMs }) => atMs >= said.observedAtMs),
    );
    shift(book, key, { delta, source });
  }
  await book.write(sql, workspaceId, at);
  const rows = [...changed.values()];
  await putObservations(sql, workspaceId, { source, rows });
  const counts = own.size === 0 ? [] : rows.map((row) => ({ ...row, atMs: row.observation.observedAtMs }));
  await deleteCounted(sql, workspaceId, { source, counts });
  return count;
}

/**
 * Notes, before a source is told, what it is about to be told (`told`); afterwards whether it took it. What the source says
 * meanwhile waits, so that our own word is not counted when it comes back. A source that never said anything counts as if it
 * had said what it was expected to have.
 */
export async function noteTold(
  ctx: TxCtx,
  { source, levels }: { source: string; levels: readonly (LevelKey & { told: number; expected: number })[] },
): Promise<void> {
  const { sql, workspaceId, now } = stockTx(ctx);
  await LevelBook.lockWith(sql, workspaceId, { keys: levels, at: new Date(now) });
  const known = await readObservations(sql, workspaceId, { source, keys: levels });
  const rows = levels.map(({ told, expected, ...key }) => {
    const before = known.get(keyOf(key)) ?? { quantity: expected, observedAtMs: 0, deferred: null };
    return { ...key, observation: { ...before, told } };
  });
  await putObservations(sql, workspaceId, { source, rows });
}

export async function endTold(
  ctx: TxCtx,
  { source, levels }: { source: string; levels: readonly (LevelKey & { isTaken: boolean })[] },
): Promise<void> {
  const { sql, workspaceId, now } = stockTx(ctx);
  const at = new Date(now);
  const book = await LevelBook.lockWith(sql, workspaceId, { keys: levels, at });
  const known = await readObservations(sql, workspaceId, { source, keys: levels });
  const rows = levels.flatMap(({ isTaken, ...key }) => {
    const before = known.get(keyOf(key));
    // Its own word settled it meanwhile.
    if (before === undefined || before.told === null) return [];
    const { next, delta } = judgeTold(before, isTaken);
    shift(book, key, { delta, source });
    return [{ ...key, observation: next }];
  });
  await book.write(sql, workspaceId, at);
  await putObservations(sql, workspaceId, { source, rows });
}

function firstWord(book: LevelBook, key: LevelKey, said: ObservedLevel) {
  const { quantity, observedAtMs } = said;
  const delta = Math.max(0, quantity) - availableOf(book.get(key));
  return { kind: 'taken' as const, next: { quantity, observedAtMs, told: null, deferred: null }, delta };
}

/** More is gone than we knew of: the count ends at nothing, and what was promised of it is noted as short. */
function shift(book: LevelBook, key: LevelKey, { delta, source }: { delta: number; source: string }): void {
  const { on_hand: onHand } = book.get(key).counts;
  const cause = { reason: 'observed', refType: 'source', refId: source };
  book.move(key, { field: 'on_hand', delta: Math.max(delta, -onHand), cause });
  book.allow(key);
}
