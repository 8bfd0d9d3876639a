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

/** Locks the row of an owner, and makes it when there is none; then it holds nothing yet. Answers whether it was made. */
export async function claimHold(sql: Sql, workspaceId: number, hold: { ownerRef: string; at: Date }): Promise<boolean> {
  const { rows } = await sql.query<{ is_new: boolean }>({
    name: 'coupon_hold_claim',
    text: `insert into coupon_hold as h (workspace_id, owner_ref, state, fingerprint, answer, currency, channel, changed_at)
           values ($1, $2, 'released', '', '{}', '', '', $3)
           on conflict (workspace_id, owner_ref) do update set changed_at = h.changed_at
           returning xmax = 0 as is_new`,
    values: [workspaceId, hold.ownerRef, hold.at],
  });
  return rows[0]?.is_new === true;
}

/** Locked until the transaction ends, in the order of their names. */
export async function lockHolds(sql: Sql, workspaceId: number, ownerRefs: readonly string[]): Promise<HoldRow[]> {
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

/** What an owner holds from now on, in place of what it held. */
export async function saveHold(
  sql: Sql,
  workspaceId: number,
  hold: Omit<HoldRow, 'workspace_id' | 'state' | 'order_source' | 'order_ref'> & { at: Date; hadCodes: boolean },
): Promise<void> {
  await sql.query({
    name: 'coupon_hold_save',
    text: `update coupon_hold set state = 'held', fingerprint = $3, answer = $4, currency = $5, channel = $6, store = $7,
             profile_id = $8, node = $9, expires_at = $10, changed_at = $11, order_source = null, order_ref = null
           where workspace_id = $1 and owner_ref = $2`,
    values: [
      workspaceId,
      hold.owner_ref,
      hold.fingerprint,
      JSON.stringify(hold.answer),
      hold.currency,
      hold.channel,
      hold.store,
      hold.profile_id,
      hold.node,
      hold.expires_at,
      hold.at,
    ],
  });
  if (hold.hadCodes) await deleteHoldCodes(sql, workspaceId, [hold.owner_ref]);
  await sql.query({
    name: 'coupon_hold_code_insert',
    text: `insert into coupon_hold_code (workspace_id, owner_ref, code_id, campaign_id, version, amount_minor)
           select $1::integer, $2::text, code_id, campaign_id, version, amount_minor
           from unnest($3::uuid[], $4::uuid[], $5::integer[], $6::bigint[])
             as c(code_id, campaign_id, version, amount_minor)`,
    values: [
      workspaceId,
      hold.owner_ref,
      arrayLiteral(hold.codes.map((one) => one.codeId)),
      arrayLiteral(hold.codes.map((one) => one.campaignId)),
      arrayLiteral(hold.codes.map((one) => one.version)),
      arrayLiteral(hold.codes.map((one) => one.amountMinor)),
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

/** Redeemed for an order. */
export async function commitHolds(
  sql: Sql,
  workspaceId: number,
  holds: { ownerRefs: readonly string[]; orderSource: string; orderRef: string; at: Date },
): Promise<void> {
  await sql.query({
    name: 'coupon_hold_commit',
    text: `update coupon_hold set state = 'committed', order_source = $3, order_ref = $4, changed_at = $5
           where workspace_id = $1 and owner_ref = any($2::text[])`,
    values: [workspaceId, holds.ownerRefs, holds.orderSource, holds.orderRef, holds.at],
  });
  await deleteHoldCodes(sql, workspaceId, holds.ownerRefs);
}

/** As if it had never been asked for. */
export async function forgetHold(sql: Sql, workspaceId: number, ownerRef: string): Promise<void> {
  await sql.query({
    name: 'coupon_hold_forget',
    text: 'delete from coupon_hold where workspace_id = $1 and owner_ref = $2',
    values: [workspaceId, ownerRef],
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
