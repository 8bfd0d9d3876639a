import { writeFileSync } from 'node:fs';
import { Session } from 'chdb';
import { ChdbLane } from './chdb-lane.ts';
import type { ChdbRequest } from './chdb-request.ts';
import type { ChdbAnswer } from './chdb-seat.ts';

export interface ChdbEngine {
  run(request: ChdbRequest, left: AbortSignal): Promise<ChdbAnswer>;
  readonly isIdle: boolean;
  close(): void;
}

export interface ChdbEngineOptions {
  /** Where the engine keeps its data. */
  readonly dir: string;
  readonly configFile: string;
  readonly memoryBytesMax: number;
}

const waitingMax = 128;

/**
 * Opens the data folder. Sessions of one process run side by side, each one request at a time: a small pool for each
 * kind of work keeps the archive, the screens and the reports out of each other's way.
 */
export function openChdbEngine(options: ChdbEngineOptions): ChdbEngine {
  writeFileSync(options.configFile, configOf(options));
  const sessions: Session[] = [];
  const open = (count: number) => {
    const opened = Array.from(
      { length: count },
      () => new Session(options.dir, { connectionArgs: [`--config-file=${options.configFile}`] }),
    );
    sessions.push(...opened);
    return opened;
  };
  const control = open(1)[0];
  const stop = async (statement: string) => {
    await control?.queryAsync(statement).catch(() => {});
  };
  const settings = settingsOf(options.memoryBytesMax);
  const lane = (name: string, count: number) =>
    new ChdbLane({ name, sessions: open(count), waitingMax, settings, stop });
  const lanes = { insert: lane('insert', 1), interactive: lane('interactive', 2), background: lane('background', 1) };
  return {
    run: (request, left) => lanes[request.kind].run(request, left),
    get isIdle() {
      return Object.values(lanes).every((lane) => lane.isIdle);
    },
    close: () => {
      for (const session of sessions) session.close();
    },
  };
}

function settingsOf(memoryBytesMax: number): Record<string, string> {
  const perQuery = Math.floor(memoryBytesMax * 0.6);
  return {
    max_memory_usage: String(perQuery),
    // Large groupings and sorts go to disk before they meet the limit.
    max_bytes_before_external_group_by: String(Math.floor(perQuery / 2)),
    max_bytes_before_external_sort: String(Math.floor(perQuery / 2)),
    max_result_bytes: String(Math.min(perQuery, 512 * 1024 * 1024)),
  };
}

/**
 * fsync: rows that were acknowledged survive a power cut too, not only the death of this process. So do parts that were
 * merged or rewritten: those they were made of are removed within seconds, and with them what was erased.
 */
function configOf({ memoryBytesMax }: ChdbEngineOptions): string {
  return `<clickhouse>
  <logger><level>none</level></logger>
  <timezone>UTC</timezone>
  <max_server_memory_usage>${memoryBytesMax}</max_server_memory_usage>
  <mark_cache_size>${Math.floor(memoryBytesMax / 10)}</mark_cache_size>
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
    <min_rows_to_fsync_after_merge>1</min_rows_to_fsync_after_merge>
    <old_parts_lifetime>0</old_parts_lifetime>
    <cleanup_delay_period>5</cleanup_delay_period>
    <cleanup_delay_period_random_add>0</cleanup_delay_period_random_add>
    <max_cleanup_delay_period>5</max_cleanup_delay_period>
  </merge_tree>
</clickhouse>
`;
}
