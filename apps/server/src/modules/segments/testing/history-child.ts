import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { HistoryQuery } from '../../../platform/clickhouse/index.ts';

export interface HistoryEvent {
  readonly workspace_id: number;
  readonly node: number;
  readonly log: number;
  readonly lane: number;
  readonly seq: number;
  readonly type: string;
  readonly name: string;
  readonly occurred_ms: number;
  readonly payload: string;
}

/** Whose a node is. */
export interface HistoryNode {
  readonly workspace_id: number;
  readonly node: number;
  readonly profile_id: string;
}

export interface HistoryChild {
  /** Replaces all events and nodes, then answers each query with its rows. */
  ask(
    events: readonly HistoryEvent[],
    queries: readonly HistoryQuery[],
    nodes?: readonly HistoryNode[],
  ): Promise<unknown[][]>;
  stop(): void;
}

const SOURCE = `
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
const { Session } = createRequire(process.argv[1])('chdb');
const session = new Session();
session.query('create table history_events (workspace_id UInt32, node UInt64, log UInt8, lane UInt8, seq UInt64, type String, name String, occurred_ms Int64, payload String) engine = Memory');
session.query('create table history_nodes (workspace_id UInt32, node UInt64, profile_id UUID) engine = Memory');
for await (const line of createInterface({ input: process.stdin })) {
  const { events, queries, nodes } = JSON.parse(line);
  try {
    session.query('truncate table history_events');
    if (events.length > 0) await session.insert({ table: 'history_events', values: events });
    session.query('truncate table history_nodes');
    if (nodes.length > 0) await session.insert({ table: 'history_nodes', values: nodes });
    const answers = queries.map(({ sql, params }) => {
      const rows = session.queryBind(sql, params, 'JSONEachRow').trim();
      return rows === '' ? [] : rows.split('\\n').map((row) => JSON.parse(row));
    });
    console.log(JSON.stringify({ answers }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.message ?? error) }));
  }
}
session.cleanup();
process.exit(0);
`;

/** A real ClickHouse in a process of its own, so that what it does to memory or signals stays there. */
export function startHistoryChild(): HistoryChild {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SOURCE, fileURLToPath(import.meta.url)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(events, queries, nodes = []) {
      child.stdin.write(`${JSON.stringify({ events, queries, nodes })}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the ClickHouse child has ended');
      const answer = JSON.parse(String(value)) as { answers?: unknown[][]; error?: string };
      if (answer.answers === undefined) throw new Error(answer.error);
      return answer.answers;
    },
    stop: () => child.stdin.end(),
  };
}
