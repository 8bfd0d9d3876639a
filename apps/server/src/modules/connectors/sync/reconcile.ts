import type { AnswerOf, api } from '@segue/contract';
import { isJsonObject, type JsonObject } from '../../../platform/json.ts';
import type { ShopRecord } from '../records.ts';
import type { JobRow } from './job-store.ts';

const DAY_MS = 86_400_000;

interface Count {
  readonly orders: number;
  readonly totalMinor: number;
}
export type DayCounts = Readonly<Record<string, Count>>;

/** The days a report is about: from the first, up to the end of the last. Pure. */
export function rangeOf({ from, to }: { from: string; to: string }): { fromMs: number; toMs: number } {
  return { fromMs: Date.parse(from), toMs: Date.parse(to) + DAY_MS };
}

/** Adds what a page of orders says to what is counted, by the day (UTC) they were placed. Tests and begun ones do not count. Pure. */
export function countPage(
  counts: DayCounts,
  records: readonly ShopRecord[],
  range: { fromMs: number; toMs: number },
): DayCounts {
  const next: Record<string, Count> = { ...counts };
  for (const record of records) {
    if (record.kind !== 'order' || record.order.isTest || !record.order.isAccepted) continue;
    const { placedAtMs, totals } = record.order;
    if (placedAtMs < range.fromMs || placedAtMs >= range.toMs) continue;
    const day = new Date(placedAtMs).toISOString().slice(0, 10);
    const before = next[day] ?? NONE;
    next[day] = { orders: before.orders + 1, totalMinor: before.totalMinor + totals.totalMinor };
  }
  return next;
}

const NONE: Count = { orders: 0, totalMinor: 0 };

/** Every day of the range, with what the shop says and what is known here. Pure. */
export function compareDays(
  { from, to }: { from: string; to: string },
  { theirs, ours }: { theirs: DayCounts; ours: DayCounts },
): AnswerOf<typeof api.getConnectorReport>['days'] {
  const { fromMs, toMs } = rangeOf({ from, to });
  const days = [];
  for (let at = fromMs; at < toMs; at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10);
    const [shop, own] = [theirs[day] ?? NONE, ours[day] ?? NONE];
    const isEqual = shop.orders === own.orders && shop.totalMinor === own.totalMinor;
    days.push({ day, theirs: shop, ours: own, isEqual });
  }
  return days;
}

/** What a report has found; nothing until it is done. */
export function presentReport({ state, result }: JobRow): AnswerOf<typeof api.getConnectorReport>['days'] {
  if (state !== 'done' || !isJsonObject(result) || !Array.isArray(result['days'])) return [];
  return result['days'] as unknown as AnswerOf<typeof api.getConnectorReport>['days'];
}

/** How far a report has come, as its job keeps it. */
export interface ReportPlace {
  readonly from: string;
  readonly to: string;
  readonly counts: DayCounts;
  readonly next: JsonObject | undefined;
}

export function readReportPlace(place: JsonObject | null): ReportPlace {
  const { from, to, counts, next } = (place ?? {}) as unknown as Partial<ReportPlace>;
  return { from: from ?? '', to: to ?? '', counts: counts ?? {}, next };
}
