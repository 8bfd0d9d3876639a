import type { LogId } from '../../../platform/eventlog/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';

export interface TestEventRow {
  id: string;
  source: number;
  sent_at: Date;
  message_id: string | null;
  field: string | null;
  reason: string | null;
  log: LogId | null;
  lane: number | null;
  seq: number | null;
  node: number | null;
}

const COLUMNS = 'id, source, sent_at, message_id, field, reason, log, lane, seq, node';

export async function insertTestEvent(sql: Sql, workspaceId: number, row: TestEventRow): Promise<void> {
  await sql.query({
    text: `insert into test_event (workspace_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    values: [
      workspaceId,
      row.id,
      row.source,
      row.sent_at,
      row.message_id,
      row.field,
      row.reason,
      row.log,
      row.lane,
      row.seq,
      row.node,
    ],
  });
}

export async function findTestEvent(sql: Sql, workspaceId: number, id: string): Promise<TestEventRow | undefined> {
  const { rows } = await sql.query<TestEventRow>({
    text: `select ${COLUMNS} from test_event where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function forgetTestEvents(sql: Sql, before: Date): Promise<number> {
  // every workspace: retention is the same for all.
  const { rowCount } = await sql.query({ text: 'delete from test_event where sent_at < $1', values: [before] });
  return rowCount;
}
