import { AppError, type ErrorDetail } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { insertRetold } from '../news/news-store.ts';
import { readComponents } from '../reservations/reservation-store.ts';
import { type StockTx, stockTx } from '../reservations/stock-tx.ts';
import type { LevelField, LevelKey } from './level.ts';
import { LevelBook, type Own } from './level-book.ts';
import { findMovementKeys, findTracked } from './level-store.ts';

/** Goods came, left, broke, were found. Of a bundle it is its parts that move. */
export interface MovementInput {
  readonly variantId: string;
  readonly locationId: string;
  readonly field: Extract<LevelField, 'on_hand' | 'unavailable'>;
  readonly delta: number;
  readonly reason: string;
  readonly refType?: string | undefined;
  readonly refId?: string | undefined;
  /** The same for the same movement: it is made once. */
  readonly idempotencyKey?: string | undefined;
  /** It has happened, whatever the count says: goods that nobody knew of left too. */
  readonly isFact?: boolean | undefined;
  /** Of a source that counts its stock itself. */
  readonly own?: Own | undefined;
  /** Where nobody tells the stock of an item it is not begun to be counted by this. */
  readonly onlyTracked?: boolean | undefined;
}

/** Makes movements, all of them or none; those made before are passed by. Answers how many are new. */
export async function recordMovements(ctx: TxCtx, inputs: readonly MovementInput[]): Promise<number> {
  return moveAll(stockTx(ctx), inputs);
}

export async function moveAll({ sql, workspaceId, now }: StockTx, inputs: readonly MovementInput[]): Promise<number> {
  const at = new Date(now);
  const components = await readComponents(sql, workspaceId, [...new Set(inputs.map((one) => one.variantId))]);
  const partsOf = (input: MovementInput) =>
    components.get(input.variantId) ?? [{ itemId: input.variantId, quantity: 1 }];
  const asked = inputs
    .filter((one) => one.onlyTracked === true)
    .flatMap((one) => partsOf(one).map((part) => part.itemId));
  const tracked = await findTracked(sql, workspaceId, asked);
  const moves = inputs.map((input) => ({
    input,
    parts: partsOf(input).filter(({ itemId }) => input.onlyTracked !== true || tracked.has(itemId)),
  }));
  const keys = moves.flatMap(({ input, parts }) =>
    parts.map(({ itemId }) => ({ itemId, locationId: input.locationId })),
  );
  const book = await LevelBook.lockWith(sql, workspaceId, { keys, at });
  // Asked under the locks: who else makes the same movement has made it by now.
  const done = await findMovementKeys(
    sql,
    workspaceId,
    inputs.flatMap((one) => one.idempotencyKey ?? []),
  );
  let made = 0;
  const faults: ErrorDetail[] = [];
  for (const [place, { input, parts }] of moves.entries()) {
    if (input.idempotencyKey !== undefined && done.has(input.idempotencyKey)) continue;
    if (input.idempotencyKey !== undefined) done.add(input.idempotencyKey);
    made += 1;
    for (const [index, { itemId, quantity }] of parts.entries()) {
      const key = { itemId, locationId: input.locationId };
      moveOne(book, key, { input, delta: input.delta * quantity, isFirst: index === 0 });
      const left = book.get(key).counts[input.field];
      if (left < 0)
        faults.push({
          field: `movements[${place}].delta`,
          message: `would leave ${left}; there are only ${left - input.delta * quantity}`,
        });
    }
  }
  if (faults.length > 0) throw new AppError('conflict', 'There is less than that', { details: faults });
  await book.write(sql, workspaceId, at);
  return made;
}

function moveOne(
  book: LevelBook,
  key: LevelKey,
  { input, delta, isFirst }: { input: MovementInput; delta: number; isFirst: boolean },
): void {
  const { field, reason, refType, refId, idempotencyKey, isFact, own } = input;
  const cause = { reason, refType, refId, own, idempotencyKey: isFirst ? idempotencyKey : undefined };
  if (isFact === true && field === 'on_hand' && delta < 0) return book.takeOut(key, -delta, cause);
  book.move(key, { field, delta, cause });
  book.allow(key);
}

export type LevelSet =
  | { readonly kind: 'set'; readonly version: number }
  /** Somebody changed it meanwhile: what it is now. */
  | { readonly kind: 'stale'; readonly quantity: number; readonly version: number };

export interface SetLevel extends LevelKey {
  readonly field: 'on_hand' | 'unavailable';
  readonly quantity: number;
  /** The level's version, or its count, as it was when somebody decided to set it. */
  readonly expectedVersion?: number | undefined;
  readonly expectedQuantity?: number | undefined;
  readonly reason: string;
}

/** Sets counts, each only where it is still what was expected. A level that is not there yet is version 0 and empty. */
export async function setLevels(ctx: TxCtx, sets: readonly SetLevel[]): Promise<LevelSet[]> {
  const { sql, workspaceId, now } = stockTx(ctx);
  const at = new Date(now);
  const book = await LevelBook.lockWith(sql, workspaceId, { keys: sets, at });
  const outcomes = sets.map((set): LevelSet => {
    const { counts, version } = book.get(set);
    const quantity = counts[set.field];
    const isExpected =
      (set.expectedVersion === undefined || set.expectedVersion === version) &&
      (set.expectedQuantity === undefined || set.expectedQuantity === quantity);
    if (!isExpected) return { kind: 'stale', quantity, version };
    book.move(set, { field: set.field, delta: set.quantity - quantity, cause: { reason: set.reason } });
    book.allow(set);
    return { kind: 'set', version: set.quantity === quantity ? version : version + 1 };
  });
  await book.write(sql, workspaceId, at);
  return outcomes;
}

/** How much may be owed of an item at a location, and how much of what is coming may be promised. */
export async function limitLevels(
  ctx: TxCtx,
  limits: readonly (LevelKey & { backorderLimit?: number | undefined; preorderLimit?: number | null | undefined })[],
): Promise<void> {
  const { sql, workspaceId, now } = stockTx(ctx);
  const at = new Date(now);
  const book = await LevelBook.lockWith(sql, workspaceId, { keys: limits, at });
  for (const { backorderLimit, preorderLimit, ...key } of limits) {
    book.limit(key, {
      ...(backorderLimit !== undefined && { backorderLimit }),
      ...(preorderLimit !== undefined && { preorderLimit }),
    });
    book.allow(key);
  }
  await book.write(sql, workspaceId, at);
  const itemIds = [...new Set(limits.map((key) => key.itemId))];
  await insertRetold(sql, workspaceId, { retold: { itemIds }, at });
}
