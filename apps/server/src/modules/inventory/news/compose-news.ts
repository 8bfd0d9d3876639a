import { keyOf, type LevelKey } from '../levels/level.ts';
import type { FoundNews, ToldRow } from './news-store.ts';

export interface NewsInput {
  /** Levels that may have changed, each once. */
  readonly changed: readonly LevelKey[];
  /** Of these the date of what is coming has changed. */
  readonly due: readonly LevelKey[];
  /** Of these what may be sold has changed, by their keys: they are told even if they are as they were. */
  readonly retold: ReadonlySet<string>;
  readonly told: readonly ToldRow[];
  /** What is available there now. */
  readonly available: ReadonlyMap<string, number>;
  readonly activeLocations: ReadonlySet<string>;
}

/** What there is to tell: levels that are not what was told last. Totals follow from one to the next. Pure. */
export function composeNews({ changed, due, retold, told, available, activeLocations }: NewsInput): FoundNews[] {
  const said = new Map(told.map((row) => [keyOf(row), row]));
  const totals = new Map<string, number>();
  for (const row of told) totals.set(row.itemId, (totals.get(row.itemId) ?? 0) + countedOf(row));
  const news = changed.flatMap((key): FoundNews[] => {
    const last = said.get(keyOf(key));
    const before = last?.available ?? 0;
    const after = available.get(keyOf(key)) ?? 0;
    const isCounted = activeLocations.has(key.locationId);
    const isSame = last !== undefined && before === after && last.isCounted === isCounted;
    if (isSame && !retold.has(keyOf(key))) return [];
    const totalBefore = totals.get(key.itemId) ?? 0;
    const totalAfter = totalBefore - countedOf(last) + (isCounted ? after : 0);
    totals.set(key.itemId, totalAfter);
    return [{ ...key, kind: 'level', before, after, totalBefore, totalAfter, isCounted }];
  });
  const dates = due.map((key): FoundNews => {
    const count = available.get(keyOf(key)) ?? 0;
    const total = totals.get(key.itemId) ?? 0;
    const isCounted = activeLocations.has(key.locationId);
    return { ...key, kind: 'due', before: count, after: count, totalBefore: total, totalAfter: total, isCounted };
  });
  return [...news, ...dates];
}

/** What it was counted as when it was told. */
function countedOf(row: ToldRow | undefined): number {
  return row?.isCounted === true ? row.available : 0;
}
