import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Transfer, TransferLine } from './transfer.ts';

interface TransferRow {
  readonly id: string;
  readonly from_location_id: string;
  readonly to_location_id: string;
  readonly state: Transfer['state'];
  readonly due_at: Date | null;
  readonly reference: string | null;
  readonly created_at: Date;
  readonly shipped_at: Date | null;
}

const COLUMNS = 'id, from_location_id, to_location_id, state, due_at, reference, created_at, shipped_at';

/** False: there is one of this reference. Whoever else tells of the same waits for this transaction. */
export async function insertTransfer(
  sql: Sql,
  workspaceId: number,
  {
    id,
    fromId,
    toId,
    dueAt,
    reference,
    createdAt,
    items,
  }: Omit<Transfer, 'state' | 'shippedAt' | 'lines'> & {
    readonly items: ReadonlyMap<string, number>;
  },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into stock_transfer (workspace_id, id, from_location_id, to_location_id, state, due_at, reference, created_at)
           values ($1, $2, $3, $4, 'draft', $5, $6, $7) on conflict do nothing`,
    values: [workspaceId, id, fromId, toId, dueAt, reference, createdAt],
  });
  if (rowCount === 0) return false;
  await sql.query({
    text: `insert into stock_transfer_line (workspace_id, transfer_id, item_id, quantity)
           select $1, $2, l.item_id, l.quantity from unnest($3::uuid[], $4::bigint[]) as l(item_id, quantity)`,
    values: [workspaceId, id, arrayLiteral([...items.keys()]), arrayLiteral([...items.values()])],
  });
  return true;
}

/** Locked against everybody who would do something with it. */
export async function lockTransfer(sql: Sql, workspaceId: number, id: string): Promise<Transfer | undefined> {
  const { rows } = await sql.query<TransferRow>({
    text: `select ${COLUMNS} from stock_transfer where workspace_id = $1 and id = $2 for update`,
    values: [workspaceId, id],
  });
  return (await withLines(sql, workspaceId, rows))[0];
}

export async function findTransfer(
  sql: Sql,
  workspaceId: number,
  by: { id: string } | { reference: string },
): Promise<Transfer | undefined> {
  const { rows } = await sql.query<TransferRow>({
    text: `select ${COLUMNS} from stock_transfer where workspace_id = $1 and ($2::uuid is null or id = $2)
             and ($3::text is null or reference = $3)`,
    values: [workspaceId, 'id' in by ? by.id : null, 'reference' in by ? by.reference : null],
  });
  return (await withLines(sql, workspaceId, rows))[0];
}

/** Newest first. */
export async function pageTransfers(
  sql: Sql,
  workspaceId: number,
  page: { beforeId: string | null; limit: number },
): Promise<Transfer[]> {
  const { rows } = await sql.query<TransferRow>({
    text: `select ${COLUMNS} from stock_transfer where workspace_id = $1 and ($2::uuid is null or id < $2)
           order by id desc limit $3`,
    values: [workspaceId, page.beforeId, page.limit],
  });
  return withLines(sql, workspaceId, rows);
}

export async function updateTransfer(
  sql: Sql,
  workspaceId: number,
  { id, state, dueAt, shippedAt }: Pick<Transfer, 'id' | 'state' | 'dueAt' | 'shippedAt'>,
): Promise<void> {
  await sql.query({
    text: 'update stock_transfer set state = $3, due_at = $4, shipped_at = $5 where workspace_id = $1 and id = $2',
    values: [workspaceId, id, state, dueAt, shippedAt],
  });
}

/** Adds to what is known of lines; a row of what is coming stays that of its line. */
export async function addToLines(
  sql: Sql,
  workspaceId: number,
  {
    transferId,
    lines,
  }: {
    transferId: string;
    lines: readonly { itemId: string; incomingId: string; damaged: number; returned: number }[];
  },
): Promise<void> {
  await sql.query({
    text: `update stock_transfer_line l set incoming_id = n.incoming_id, damaged = l.damaged + n.damaged,
             returned = l.returned + n.returned
           from unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[]) as n(item_id, incoming_id, damaged, returned)
           where l.workspace_id = $1 and l.transfer_id = $2 and l.item_id = n.item_id`,
    values: [
      ...[workspaceId, transferId, arrayLiteral(lines.map((line) => line.itemId))],
      ...[arrayLiteral(lines.map((line) => line.incomingId)), arrayLiteral(lines.map((line) => line.damaged))],
      arrayLiteral(lines.map((line) => line.returned)),
    ],
  });
}

async function withLines(sql: Sql, workspaceId: number, rows: readonly TransferRow[]): Promise<Transfer[]> {
  if (rows.length === 0) return [];
  const { rows: lines } = await sql.query<{
    transfer_id: string;
    item_id: string;
    quantity: number;
    incoming_id: string | null;
    received: number | null;
    cancelled: number | null;
    damaged: number;
    returned: number;
  }>({
    text: `select l.transfer_id, l.item_id, l.quantity, l.incoming_id, i.received, i.cancelled, l.damaged, l.returned
           from stock_transfer_line l
           left join incoming_stock i on i.workspace_id = l.workspace_id and i.id = l.incoming_id
           where l.workspace_id = $1 and l.transfer_id = any($2::uuid[]) order by l.transfer_id, l.item_id`,
    values: [workspaceId, arrayLiteral(rows.map((row) => row.id))],
  });
  const linesOf = (id: string): TransferLine[] =>
    lines
      .filter((line) => line.transfer_id === id)
      .map((line) => ({
        ...{ itemId: line.item_id, quantity: line.quantity, incomingId: line.incoming_id },
        ...{ received: line.received ?? 0, cancelled: line.cancelled ?? 0 },
        ...{ damaged: line.damaged, returned: line.returned },
      }));
  return rows.map((row) => ({
    ...{ id: row.id, fromId: row.from_location_id, toId: row.to_location_id, state: row.state, dueAt: row.due_at },
    ...{ reference: row.reference, createdAt: row.created_at, shippedAt: row.shipped_at, lines: linesOf(row.id) },
  }));
}
