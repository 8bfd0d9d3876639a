import type { Sql } from '../../../platform/postgres/index.ts';
import { insertRejections } from './rejection-store.ts';
import type { RejectionCount } from './rejection-tally.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A field of an event that was taken, but does not mean what its sender meant. */
export interface UnfitEvent {
  /** The number of the source. */
  readonly source: number;
  /** When it was received, in milliseconds. */
  readonly at: number;
  readonly type: string;
  readonly name: string;
  /** Within the item. */
  readonly field: string;
  /** Never holds what was sent: of one field there are few. */
  readonly reason: string;
}

/** Counts them beside what intake refused, so that the source's health tells of them. In the transaction that hears them. */
export async function tellUnfitEvents(sql: Sql, workspaceId: number, unfit: readonly UnfitEvent[]): Promise<void> {
  if (unfit.length === 0) return;
  const counts = new Map<string, RejectionCount>();
  for (const { at, ...told } of unfit) {
    const hour = Math.floor(at / HOUR_MS);
    const key = JSON.stringify([told.source, hour, told.type, told.name, told.field, told.reason]);
    const known = counts.get(key);
    counts.set(key, {
      ...{ ...told, workspaceId, hour, count: (known?.count ?? 0) + 1 },
      lastAt: Math.max(at, known?.lastAt ?? 0),
    });
  }
  // In one order, so that two lanes never wait for each other.
  const inOrder = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
  const day = Math.floor(inOrder[0]!.lastAt / DAY_MS);
  await insertRejections(sql, { counts: inOrder, rejections: [], strangers: new Map(), day });
}
