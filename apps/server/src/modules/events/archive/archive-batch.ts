import { createHash } from 'node:crypto';
import type { History } from '../../../platform/clickhouse/index.ts';
import { isReplayedLine, LINE_COLUMNS, type LaneRun, type LeasedRun } from '../../../platform/eventlog/index.ts';

const EVENT_COLUMNS = ['log', 'lane', 'seq', ...LINE_COLUMNS];
const MAP_MARK = ',"map",';

/**
 * What of a run of lanes goes where: lines pass as they are, only their place is put in front. An event taken again after
 * it was a dead letter is in the history already, at its first place. Pure.
 */
export function archiveRows(runs: readonly LaneRun[]): { events: string[]; maps: string[] } {
  const events: string[] = [];
  const maps: string[] = [];
  for (const run of runs) {
    for (let i = 0; i < run.lines.length; i++) {
      const line = run.lines[i]!;
      if (isReplayedLine(line)) continue;
      // The mark may also stand in a payload, so a line that has it is read to make sure.
      const map = line.includes(MAP_MARK) ? mapRow(line) : undefined;
      if (map === undefined) events.push(`[${run.log},${run.lane},${run.firstSeq + i},${line.slice(1)}`);
      else maps.push(map);
    }
  }
  return { events, maps };
}

function mapRow(line: string): string | undefined {
  const [workspaceId, , type, , , , node, , , , payload] = JSON.parse(line) as unknown[];
  if (type !== 'map') return undefined;
  const { profile_id: profileId, version } = (payload as { properties: { profile_id: string; version: number } })
    .properties;
  return JSON.stringify([workspaceId, node, profileId, version]);
}

/** As much of the runs, from their start, as fits; at least one line. Pure. */
export function firstChars(runs: readonly LeasedRun[], charsMax: number): LeasedRun[] {
  const first: LeasedRun[] = [];
  let room = charsMax;
  for (const { lease, run } of runs) {
    let count = 0;
    while (count < run.lines.length && (room >= run.lines[count]!.length || (first.length === 0 && count === 0))) {
      room -= run.lines[count++]!.length;
    }
    if (count > 0)
      first.push({ lease, run: count === run.lines.length ? run : { ...run, lines: run.lines.slice(0, count) } });
    if (count < run.lines.length) break;
  }
  return first;
}

/** Same borders, same token: the history drops a block it already has. */
export function bordersToken(runs: readonly LaneRun[]): string {
  const borders = runs.map((run) => `${run.log}/${run.lane}:${run.firstSeq}-${run.firstSeq + run.lines.length - 1}`);
  return createHash('sha256').update(borders.sort().join(' ')).digest('hex');
}

export async function insertRuns(history: History, runs: readonly LaneRun[]): Promise<void> {
  const token = bordersToken(runs);
  const { events, maps } = archiveRows(runs);
  if (maps.length > 0) {
    await history.insert({
      table: 'node_map',
      columns: ['workspace_id', 'node', 'profile_id', 'version'],
      body: maps.join('\n'),
      deduplicationToken: `${token} map`,
    });
  }
  if (events.length > 0) {
    await history.insert({
      table: 'event',
      columns: EVENT_COLUMNS,
      body: events.join('\n'),
      deduplicationToken: `${token} event`,
    });
  }
}
