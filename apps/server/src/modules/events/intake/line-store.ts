import type { Services } from '../../../platform/context.ts';
import { appendLines, claimMessageKeys, INTAKE_LOG } from '../../../platform/eventlog/index.ts';
import { isRetryable } from '../../../platform/postgres/index.ts';

/** An event as it will stand in the log. */
export interface EventLine {
  /** Of its message id: one is taken once. */
  readonly key: string;
  readonly lane: number;
  readonly text: string;
}

/** Appends the lines whose message is new. Durable once it resolves. */
export async function writeLines(services: Services, lines: readonly EventLine[], day: number): Promise<void> {
  const blocks = await services.postgres.transaction(async (sql) => {
    const taken = await claimMessageKeys(
      sql,
      lines.map((line) => line.key),
      day,
    );
    const byLane = new Map<number, string[]>();
    for (const line of lines) {
      if (taken.has(line.key)) continue;
      // A repeat within the group is dropped as well.
      taken.add(line.key);
      const lane = byLane.get(line.lane);
      if (lane === undefined) byLane.set(line.lane, [line.text]);
      else lane.push(line.text);
    }
    return byLane.size === 0 ? [] : appendLines(sql, INTAKE_LOG, byLane);
  });
  services.log.appended(blocks);
}

/** Whether a failed write is the database's trouble, not that of what was written. */
export function isDatabaseTrouble(error: unknown): boolean {
  return isRetryable(error);
}
