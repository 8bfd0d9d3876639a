import { keyOf, type LevelKey } from '../levels/level.ts';
import type { StockNews, ToldRow } from './news-store.ts';

export interface NewsInput {
  /** Levels that may have changed, each once. */
  readonly changed: readonly LevelKey[];
  /** Of these the date of what is coming has changed. */
  readonly due: readonly LevelKey[];
  readonly told: readonly ToldRow[];
  /** What is available there now. */
  readonly available: ReadonlyMap<string, number>;
  readonly activeLocations: ReadonlySet<string>;
}

/** What there is to tell: levels that are not what was told last. Totals follow from one to the next. Pure. */
export function composeNews(input: NewsInput): Omit<StockNews, 'seq' | 'atMs'>[] {
  const { changed, due, told, available, activeLocations } = input;
  const said = new Map(told.map((row) => [keyOf(row), row.available]));
  const totals = new Map<string, number>();
  for (const row of told) {
    if (activeLocations.has(row.locationId)) totals.set(row.itemId, (totals.get(row.itemId) ?? 0) + row.available);
  }
  const news = changed.flatMap((key) => {
    const before = said.get(keyOf(key)) ?? 0;
    const after = available.get(keyOf(key)) ?? 0;
    if (before === after && said.has(keyOf(key))) return [];
    const totalBefore = totals.get(key.itemId) ?? 0;
    const totalAfter = totalBefore + (activeLocations.has(key.locationId) ? after - before : 0);
    totals.set(key.itemId, totalAfter);
    return [{ ...key, kind: 'level' as const, before, after, totalBefore, totalAfter }];
  });
  const dates = due.map((key) => {
    const count = available.get(keyOf(key)) ?? 0;
    const total = totals.get(key.itemId) ?? 0;
    return { ...key, kind: 'due' as const, before: count, after: count, totalBefore: total, totalAfter: total };
  });
  return [...news, ...dates];
}
