import type { History } from '../../../platform/clickhouse/index.ts';

const HOUR_MS = 3_600_000;

export interface CountRow {
  from_ms: number;
  type: string;
  name: string;
  count: number;
}

/** Events of one source by unit of time of their receipt, type and name, oldest first. */
export async function countEvents(
  history: History,
  question: {
    workspaceId: number;
    source: number;
    unitMs: number;
    fromMs: number;
    toMs: number;
    name: string | undefined;
    limit: number;
  },
): Promise<CountRow[]> {
  const { name, ...params } = question;
  return history.query<CountRow>({
    sql: `select intDiv(received_ms, {unitMs: Int64}) * {unitMs: Int64} as from_ms, type, name, count() as count
          from history_source_events
          where workspace_id = {workspaceId: UInt32} and source = {source: UInt32}
            and received_ms >= {fromMs: Int64} and received_ms < {toMs: Int64}
            ${name === undefined ? '' : 'and name = {name: String}'}
          group by from_ms, type, name order by from_ms, type, name limit {limit: UInt32}`,
    params: { ...params, ...(name === undefined ? {} : { name }) },
    priority: 'background',
  });
}

/** How many events of a source came in each hour that had any; hours since the epoch, rising. */
export async function countByHour(
  history: History,
  question: { workspaceId: number; source: number; fromMs: number },
): Promise<{ hour: number; count: number }[]> {
  return history.query<{ hour: number; count: number }>({
    sql: `select intDiv(received_ms, ${HOUR_MS}) as hour, count() as count from history_source_events
          where workspace_id = {workspaceId: UInt32} and source = {source: UInt32} and received_ms >= {fromMs: Int64}
          group by hour order by hour`,
    params: question,
  });
}

export interface SightingRow {
  source: number;
  type: string;
  name: string;
  last_ms: number;
  count: number;
  hours: number[];
}

/**
 * When events of these names came, and those of types that go without a name (theirs is ''). What Segue sends is told
 * apart by channel: `Message Sent:email`. Hours since the epoch, rising.
 */
export async function readSightings(
  history: History,
  question: { workspaceId: number; fromMs: number; names: readonly string[]; namelessTypes: readonly string[] },
): Promise<SightingRow[]> {
  return history.query<SightingRow>({
    sql: `select source, type, kind as name, max(received_ms) as last_ms, count() as count,
            arraySort(groupUniqArray(intDiv(received_ms, ${HOUR_MS}))) as hours
          from (
            select source, type, received_ms, multiIf(
              type in ({namelessTypes: Array(String)}), '',
              type = 'internal' and name = 'Message Sent',
                concat('Message Sent:', JSONExtractString(payload, 'properties', 'channel')),
              name) as kind
            from history_source_events
            where workspace_id = {workspaceId: UInt32} and received_ms >= {fromMs: Int64}
              and (name in ({names: Array(String)}) or type in ({namelessTypes: Array(String)}))
          )
          group by source, type, name order by source, type, name`,
    params: question,
    priority: 'background',
  });
}
