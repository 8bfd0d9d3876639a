import type { JsonObject } from '../../../platform/json.ts';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export { isLostRace } from '../../../platform/postgres/index.ts';

export type HoldState = 'held' | 'released' | 'expired' | 'committed';

export interface HoldRow {
  workspace_id: number;
  owner_ref: string;
  state: HoldState;
  fingerprint: Buffer;
  answer: JsonObject;
  currency: string;
  channel: string;
  store: string | null;
  profile_id: string | null;
  node: number | null;
  order_source: string | null;
  order_ref: string | null;
  expires_at: Date | null;
  codes: HoldCode[];
}

export interface HoldCode {
  readonly codeId: string;
  readonly campaignId: string;
  readonly version: number;
  readonly amountMinor: number;
}

const COLUMNS = `workspace_id, owner_ref, state, fingerprint, answer, currency, channel, store, profile_id, node, order_source,
  order_ref, expires_at`;

/** Locks the rows of owners, and makes those there are none of; these hold nothing yet. */
export async function claimHolds(
  sql: Sql,
  workspaceId: number,
  { ownerRefs, at }: { ownerRefs: readonly string[]; at: Date },
): Promise<(HoldRow & { readonly isNew: boolean })[]> {
  const { rows } = await sql.query<Omit<HoldRow, 'codes'> & { is_new: boolean }>({
    name: 'coupon_hold_claim',
    text: `insert into coupon_hold as h (workspace_id, owner_ref, state, fingerprint, answer, currency, channel, changed_at)
           select $1::integer, o.owner_ref, 'released', '', '{}', '', '', $3::timestamptz
           from unnest($2::text[]) as o(owner_ref) order by o.owner_ref
           on conflict (workspace_id, owner_ref) do update set changed_at = h.changed_at
           returning ${COLUMNS}, xmax = 0 as is_new`,
    values: [workspaceId, ownerRefs, at],
  });
  const isNew = new Set(rows.filter((row) => row.is_new).map((row) => row.owner_ref));
  const holds = await withCodes(
    sql,
    workspaceId,
    rows.map(({ is_new: _isNew, ...row }) => row),
  );
  return holds.map((hold) => ({ ...hold, isNew: isNew.has(hold.owner_ref) }));
}

/** Locked until the transaction ends, in the order of their names. */
export async function lockHolds(sql: Sql, workspaceId: number, ownerRefs: readonly string[]): Promise<HoldRow[]> {
  if (ownerRefs.length === 0) return [];
  const { rows } = await sql.query<Omit<HoldRow, 'codes'>>({
    name: 'coupon_hold_lock',
    text: `select ${COLUMNS} from coupon_hold where workspace_id = $1 and owner_ref = any($2::text[])
           order by owner_ref for update`,
    values: [workspaceId, ownerRefs],
  });
  return withCodes(sql, workspaceId, rows);
}

/** Without a lock: for who only asks. */
export async function findHold(sql: Sql, workspaceId: number, ownerRef: string): Promise<HoldRow | undefined> {
  const { rows } = await sql.query<Omit<HoldRow, 'codes'>>({
    name: 'coupon_hold_find',
    text: `select ${COLUMNS} from coupon_hold where workspace_id = $1 and owner_ref = $2`,
    values: [workspaceId, ownerRef],
  });
  return (await withCodes(sql, workspaceId, rows))[0];
}

/** Those whose time is over and that nobody is at, of one workspace at a time, locked. */
export async function lockDueHolds(sql: Sql, now: Date, limit: number): Promise<HoldRow[]> {
  const { rows } = await sql.query<Omit<HoldRow, 'codes'>>({
    // every workspace: one loop works for all.
    text: `select ${COLUMNS} from coupon_hold where state = 'held' and expires_at <= $1
             and workspace_id = (select workspace_id from coupon_hold where state = 'held' and expires_at <= $1
                                 order by expires_at limit 1)
           order by owner_ref limit $2 for update skip locked`,
    values: [now, limit],
  });
  const [first] = rows;
  return first === undefined ? [] : withCodes(sql, first.workspace_id, rows);
}

interface CodeRow {
  owner_ref: string;
  code_id: string;
  campaign_id: string;
  version: number;
  amount_minor: number;
}

async function withCodes(sql: Sql, workspaceId: number, holds: readonly Omit<HoldRow, 'codes'>[]): Promise<HoldRow[]> {
  // The lists of holds that are over say what they held, or nothing: only of these two does anybody ask.
  const asked = holds.filter(({ state }) => state === 'held' || state === 'expired').map((hold) => hold.owner_ref);
  const rows = asked.length === 0 ? [] : await codesOf(sql, workspaceId, asked);
  return holds.map((hold) => ({
    ...hold,
    codes: rows
      .filter((row) => row.owner_ref === hold.owner_ref)
      .map((row) => ({
        codeId: row.code_id,
        campaignId: row.campaign_id,
        version: row.version,
        amountMinor: row.amount_minor,
      })),
  }));
}

async function codesOf(sql: Sql, workspaceId: number, ownerRefs: readonly string[]): Promise<CodeRow[]> {
  const { rows } = await sql.query<CodeRow>({
    name: 'coupon_hold_codes',
    text: `select owner_ref, code_id, campaign_id, version, amount_minor from coupon_hold_code
           where workspace_id = $1 and owner_ref = any($2::text[]) order by owner_ref, code_id`,
    values: [workspaceId, ownerRefs],
  });
  return rows;
}

export type SavedHold = Omit<HoldRow, 'workspace_id'> & { readonly hadCodes: boolean };

/** What owners hold from now on, or have redeemed, in place of what they held. */
export async function saveHolds(
  sql: Sql,
  workspaceId: number,
  { holds, at }: { holds: readonly SavedHold[]; at: Date },
): Promise<void> {
  if (holds.length === 0) return;
  await sql.query({
    name: 'coupon_hold_save',
    text: `update coupon_hold h set state = w.state, fingerprint = w.fingerprint, answer = w.answer, currency = w.currency,
             channel = w.channel, store = w.store, profile_id = w.profile_id, node = w.node, expires_at = w.expires_at,
             changed_at = $3, order_source = w.order_source, order_ref = w.order_ref
           from unnest($2::text[], $4::bytea[], $5::jsonb[], $6::text[], $7::text[], $8::text[], $9::uuid[], $10::bigint[],
             $11::timestamptz[], $12::text[], $13::text[], $14::text[]) as w(owner_ref, fingerprint, answer, currency, channel,
             store, profile_id, node, expires_at, state, order_source, order_ref)
           where h.workspace_id = $1 and h.owner_ref = w.owner_ref`,
    values: [
      ...[workspaceId, holds.map((hold) => hold.owner_ref), at, holds.map((hold) => hold.fingerprint)],
      ...[holds.map((hold) => JSON.stringify(hold.answer)), holds.map((hold) => hold.currency)],
      ...[holds.map((hold) => hold.channel), holds.map((hold) => hold.store), holds.map((hold) => hold.profile_id)],
      ...[holds.map((hold) => hold.node), holds.map((hold) => hold.expires_at), holds.map((hold) => hold.state)],
      ...[holds.map((hold) => hold.order_source), holds.map((hold) => hold.order_ref)],
    ],
  });
  const replaced = holds.filter((hold) => hold.hadCodes).map((hold) => hold.owner_ref);
  if (replaced.length > 0) await deleteHoldCodes(sql, workspaceId, replaced);
  const held = holds.filter((hold) => hold.state === 'held');
  const codes = held.flatMap((hold) => hold.codes.map((code) => ({ ...code, ownerRef: hold.owner_ref })));
  if (codes.length === 0) return;
  await sql.query({
    name: 'coupon_hold_code_insert',
    text: `insert into coupon_hold_code (workspace_id, owner_ref, code_id, campaign_id, version, amount_minor)
           select $1::integer, owner_ref, code_id, campaign_id, version, amount_minor
           from unnest($2::text[], $3::uuid[], $4::uuid[], $5::integer[], $6::bigint[])
             as c(owner_ref, code_id, campaign_id, version, amount_minor)`,
    values: [
      workspaceId,
      codes.map((one) => one.ownerRef),
      arrayLiteral(codes.map((one) => one.codeId)),
      arrayLiteral(codes.map((one) => one.campaignId)),
      arrayLiteral(codes.map((one) => one.version)),
      arrayLiteral(codes.map((one) => one.amountMinor)),
    ],
  });
}

async function deleteHoldCodes(sql: Sql, workspaceId: number, ownerRefs: readonly string[]): Promise<void> {
  await sql.query({
    name: 'coupon_hold_code_delete',
    text: 'delete from coupon_hold_code where workspace_id = $1 and owner_ref = any($2::text[])',
    values: [workspaceId, ownerRefs],
  });
}

/** Holds nothing any more. One that has expired remembers what it held: it may still be paid. */
export async function endHolds(
  sql: Sql,
  workspaceId: number,
  holds: { ownerRefs: readonly string[]; state: 'released' | 'expired'; at: Date },
): Promise<void> {
  if (holds.ownerRefs.length === 0) return;
  await sql.query({
    name: 'coupon_hold_end',
    text: `update coupon_hold set state = $3, changed_at = $4 where workspace_id = $1 and owner_ref = any($2::text[])`,
    values: [workspaceId, holds.ownerRefs, holds.state, holds.at],
  });
  if (holds.state === 'released') await deleteHoldCodes(sql, workspaceId, holds.ownerRefs);
}

/** Redeemed, each for an order. */
export async function commitHolds(
  sql: Sql,
  workspaceId: number,
  { holds, at }: { holds: readonly { ownerRef: string; orderSource: string; orderRef: string }[]; at: Date },
): Promise<void> {
  if (holds.length === 0) return;
  const ownerRefs = holds.map((hold) => hold.ownerRef);
  await sql.query({
    name: 'coupon_hold_commit',
    text: `update coupon_hold h set state = 'committed', order_source = w.source, order_ref = w.ref, changed_at = $5
           from unnest($2::text[], $3::text[], $4::text[]) as w(owner_ref, source, ref)
           where h.workspace_id = $1 and h.owner_ref = w.owner_ref`,
    values: [workspaceId, ownerRefs, holds.map((hold) => hold.orderSource), holds.map((hold) => hold.orderRef), at],
  });
  await deleteHoldCodes(sql, workspaceId, ownerRefs);
}

/** As if they had never been asked for. */
export async function forgetHolds(sql: Sql, workspaceId: number, ownerRefs: readonly string[]): Promise<void> {
  if (ownerRefs.length === 0) return;
  await sql.query({
    name: 'coupon_hold_forget',
    text: 'delete from coupon_hold where workspace_id = $1 and owner_ref = any($2::text[])',
    values: [workspaceId, ownerRefs],
  });
}

/** Answers how many went that were over before. */
export async function deleteOldHolds(sql: Sql, before: Date, limit: number): Promise<number> {
  const { rowCount } = await sql.query({
    // every workspace: one loop tidies up for all.
    text: `delete from coupon_hold where (workspace_id, owner_ref) in (
             select workspace_id, owner_ref from coupon_hold where state <> 'held' and changed_at < $1
             limit $2 for update skip locked)`,
    values: [before, limit],
  });
  return rowCount;
}
