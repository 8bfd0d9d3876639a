import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

/** Points spent at once. */
export interface Burn {
  readonly id: string;
  readonly programId: string;
  readonly accountId: string;
  readonly reference: string;
  readonly orderSource: string | null;
  readonly orderRef: string | null;
  readonly points: number;
  readonly restored: number;
  /** Of these, by the order's own changes. */
  readonly restoredByOrder: number;
  readonly changes: number;
  readonly amountMinor: number | null;
  readonly currency: string | null;
}

const COLUMNS = `b.id, b.program_id as "programId", b.account_id as "accountId", b.reference, b.order_source as "orderSource",
  b.order_ref as "orderRef", b.points, b.restored, b.restored_by_order as "restoredByOrder", b.changes,
  b.amount_minor as "amountMinor", b.currency`;

export type NewBurn = Omit<Burn, 'restored' | 'restoredByOrder' | 'changes'>;

export async function insertBurns(
  sql: Sql,
  workspaceId: number,
  { burns, at }: { burns: readonly NewBurn[]; at: Date },
): Promise<void> {
  if (burns.length === 0) return;
  await sql.query({
    name: 'loyalty_burn_insert',
    text: `insert into loyalty_burn (workspace_id, id, program_id, account_id, reference, order_source, order_ref, points,
             amount_minor, currency, created_at)
           select $1, b.*, $11 from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bigint[],
             $9::bigint[], $10::text[]) as b`,
    values: [
      workspaceId,
      arrayLiteral(burns.map((one) => one.id)),
      arrayLiteral(burns.map((one) => one.programId)),
      arrayLiteral(burns.map((one) => one.accountId)),
      burns.map((one) => one.reference),
      burns.map((one) => one.orderSource),
      burns.map((one) => one.orderRef),
      arrayLiteral(burns.map((one) => one.points)),
      burns.map((one) => one.amountMinor),
      burns.map((one) => one.currency),
      at,
    ],
  });
}

export async function lockBurn(
  sql: Sql,
  workspaceId: number,
  { programId, reference }: { programId: string; reference: string },
): Promise<Burn | undefined> {
  const { rows } = await sql.query<Burn>({
    name: 'loyalty_burn_lock',
    text: `select ${COLUMNS} from loyalty_burn b
           where b.workspace_id = $1 and b.program_id = $2 and b.reference = $3 for update`,
    values: [workspaceId, programId, reference],
  });
  return rows[0];
}

/** What was spent on these orders, locked in one order. By `loyalty_burn_order`. */
export async function lockBurnsOfOrders(
  sql: Sql,
  workspaceId: number,
  orders: readonly { readonly source: string; readonly sourceOrderId: string }[],
): Promise<Burn[]> {
  if (orders.length === 0) return [];
  const { rows } = await sql.query<Burn>({
    name: 'loyalty_burn_lock_orders',
    text: `select ${COLUMNS} from loyalty_burn b
           join unnest($2::text[], $3::text[]) as o(source, ref) on b.order_source = o.source and b.order_ref = o.ref
           where b.workspace_id = $1 order by b.id for update of b`,
    values: [workspaceId, orders.map((one) => one.source), orders.map((one) => one.sourceOrderId)],
  });
  return rows;
}

export async function writeRestored(
  sql: Sql,
  workspaceId: number,
  burns: readonly Pick<Burn, 'id' | 'restored' | 'restoredByOrder'>[],
): Promise<void> {
  if (burns.length === 0) return;
  await sql.query({
    name: 'loyalty_burn_restored',
    text: `update loyalty_burn b set restored = w.restored, restored_by_order = w.by_order, changes = b.changes + 1
           from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as w(id, restored, by_order)
           where b.workspace_id = $1 and b.id = w.id`,
    values: [
      workspaceId,
      arrayLiteral(burns.map((one) => one.id)),
      arrayLiteral(burns.map((one) => one.restored)),
      arrayLiteral(burns.map((one) => one.restoredByOrder)),
    ],
  });
}
