import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';
import type { Lot, LotState } from './lot.ts';

interface LotRow {
  id: string;
  account_id: string;
  program_id: string;
  source_ref: string;
  earned: number;
  remaining: number;
  expired: number;
  available_at: Date;
  expires_at: Date | null;
  notice_at: Date | null;
  state: LotState;
  version: number;
}

const COLUMNS = `l.id, l.account_id, l.program_id, l.source_ref, l.earned, l.remaining, l.expired, l.available_at, l.expires_at,
  l.notice_at, l.state, l.version`;

function lotOf(row: LotRow): Lot {
  return {
    ...{ id: row.id, accountId: row.account_id, programId: row.program_id, sourceRef: row.source_ref },
    ...{ earned: row.earned, remaining: row.remaining, expired: row.expired },
    availableAtMs: row.available_at.getTime(),
    expiresAtMs: row.expires_at?.getTime() ?? null,
    noticeAtMs: row.notice_at?.getTime() ?? null,
    ...{ state: row.state, version: row.version },
  };
}

/** One lot by what earned it. */
export interface LotSource {
  readonly programId: string;
  readonly sourceRef: string;
}

/** Those that can still be spent, or will be. By `loyalty_lot_live`. */
export async function listLiveLots(sql: Sql, workspaceId: number, accountIds: readonly string[]): Promise<Lot[]> {
  if (accountIds.length === 0) return [];
  const { rows } = await sql.query<LotRow>({
    name: 'loyalty_lot_live',
    text: `select ${COLUMNS} from loyalty_lot l
           where l.workspace_id = $1 and l.account_id = any($2::uuid[]) and l.state in ('pending', 'active')`,
    values: [workspaceId, arrayLiteral(accountIds)],
  });
  return rows.map(lotOf);
}

export async function readLots(
  sql: Sql,
  workspaceId: number,
  { ids, sources }: { ids: readonly string[]; sources: readonly LotSource[] },
): Promise<Lot[]> {
  if (ids.length + sources.length === 0) return [];
  const { rows } = await sql.query<LotRow>({
    name: 'loyalty_lot_read',
    text: `select ${COLUMNS} from loyalty_lot l where l.workspace_id = $1 and l.id = any($2::uuid[])
           union
           select ${COLUMNS} from unnest($3::uuid[], $4::text[]) as s(program_id, source_ref)
           join loyalty_lot l on l.workspace_id = $1 and l.program_id = s.program_id and l.source_ref = s.source_ref`,
    values: [
      workspaceId,
      arrayLiteral(ids),
      arrayLiteral(sources.map((one) => one.programId)),
      sources.map((one) => one.sourceRef),
    ],
  });
  return rows.map(lotOf);
}

export async function writeLots(
  sql: Sql,
  workspaceId: number,
  { lots, at }: { lots: readonly Lot[]; at: Date },
): Promise<void> {
  if (lots.length === 0) return;
  const column = <T>(of: (lot: Lot) => T) => lots.map(of);
  const instant = (ms: number | null) => (ms === null ? null : new Date(ms));
  await sql.query({
    name: 'loyalty_lot_write',
    text: `insert into loyalty_lot (workspace_id, id, account_id, program_id, source_ref, earned, remaining, expired, available_at,
             expires_at, notice_at, state, version, created_at)
           select $1, w.*, $14 from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[],
             $8::bigint[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::integer[]) as w
           on conflict (workspace_id, id) do update set earned = excluded.earned, remaining = excluded.remaining,
             expired = excluded.expired, available_at = excluded.available_at, expires_at = excluded.expires_at,
             notice_at = excluded.notice_at, state = excluded.state, version = excluded.version`,
    values: [
      workspaceId,
      arrayLiteral(column((lot) => lot.id)),
      arrayLiteral(column((lot) => lot.accountId)),
      arrayLiteral(column((lot) => lot.programId)),
      column((lot) => lot.sourceRef),
      arrayLiteral(column((lot) => lot.earned)),
      arrayLiteral(column((lot) => lot.remaining)),
      arrayLiteral(column((lot) => lot.expired)),
      column((lot) => new Date(lot.availableAtMs)),
      column((lot) => instant(lot.expiresAtMs)),
      column((lot) => instant(lot.noticeAtMs)),
      column((lot) => lot.state),
      arrayLiteral(column((lot) => lot.version)),
      at,
    ],
  });
}
