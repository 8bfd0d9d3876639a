import type { Services } from '../../../platform/context.ts';
import {
  appendLines,
  claimMessageKeys,
  INTAKE_LOG,
  SILENCE_MS_MAX,
  type StoredEvent,
} from '../../../platform/eventlog/index.ts';
import { readErasureEpoch } from '../../profiles/index.ts';
import { intakeMetrics } from './intake-metrics.ts';
import { isRetryable, type Sql } from '../../../platform/postgres/index.ts';

/** An event as it will stand in the log. */
export interface EventLine {
  /** Of its message id: one is taken once. */
  readonly key: string;
  readonly lane: number;
  readonly text: string;
  /** What the text says; undefined when cleaning changed the text. */
  readonly event: StoredEvent | undefined;
}

export type Written = { readonly kind: 'written' } | { readonly kind: 'stale'; readonly epoch: number };

/**
 * Appends the lines whose message is new. Durable once it resolves to `written`; `stale`: somebody was erased since the
 * nodes were looked up, and nothing was written.
 */
export async function writeLines(
  services: Services,
  lines: readonly EventLine[],
  options: { day: number; epoch: number; alongside: readonly ((sql: Sql) => Promise<void>)[] },
): Promise<Written> {
  const { day, epoch, alongside } = options;
  const outcome = await services.postgres.transaction(
    async (sql) => {
      // Read inside: an erasure that commits after this waits for the end of this transaction before it cleans up.
      const current = await readErasureEpoch(sql);
      if (current !== epoch) return current;
      const taken = await claimMessageKeys(
        sql,
        lines.map((line) => line.key),
        day,
      );
      const texts = new Map<number, string[]>();
      const events = new Map<number, (StoredEvent | undefined)[]>();
      for (const line of lines) {
        if (taken.has(line.key)) continue;
        // A repeat within the group is dropped as well.
        taken.add(line.key);
        addTo(texts, line.lane, line.text);
        addTo(events, line.lane, line.event);
      }
      // Before the lanes are locked, which everybody needs.
      for (const work of alongside) await work(sql);
      return texts.size === 0 ? [] : appendLines(sql, INTAKE_LOG, { lines: texts, events });
    },
    { silenceMsMax: SILENCE_MS_MAX },
  );
  if (typeof outcome === 'number') return { kind: 'stale', epoch: outcome };
  const blocks = outcome;
  services.log.appended(blocks);
  const { events: counted } = intakeMetrics(services);
  const accepted = blocks.reduce((sum, block) => sum + block.lines.length, 0);
  counted.inc({ outcome: 'accepted' }, accepted);
  if (accepted < lines.length) counted.inc({ outcome: 'duplicate' }, lines.length - accepted);
  return { kind: 'written' };
}

function addTo<T>(lanes: Map<number, T[]>, lane: number, item: T): void {
  const items = lanes.get(lane);
  if (items === undefined) lanes.set(lane, [item]);
  else items.push(item);
}

/** Whether a failed write is the database's trouble, not that of what was written. */
export function isDatabaseTrouble(error: unknown): boolean {
  return isRetryable(error);
}
