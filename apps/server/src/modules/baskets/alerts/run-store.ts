import type { AlertType } from '@segue/contract';
import { arrayLiteral, type Sql } from '../../../platform/postgres/index.ts';

export { isLostRace } from '../../../platform/postgres/index.ts';
import type { Place } from './alert.ts';

/** An edge whose customers are being told. */
export interface AlertRun extends Place {
  readonly id: number;
  readonly type: AlertType;
  readonly edge: number;
  readonly openedAt: Date;
  readonly wave: number;
  /** Of the wave under way, how many are still to be told. */
  readonly waveLeft: number;
  /** Who asked for it comes before who holds it. */
  readonly phase: 'asked' | 'holding';
  readonly afterId: string | null;
}

interface Opening {
  readonly variantId: string;
  readonly edge: number;
}

/**
 * Locks what is being told of variants that are back: whoever ends it at this moment has ended it before anybody decides that it
 * is still under way. Answers where.
 */
export async function lockRestocks(
  sql: Sql,
  workspaceId: number,
  variantIds: readonly string[],
): Promise<{ variantId: string; locationId: string | null }[]> {
  if (variantIds.length === 0) return [];
  const { rows } = await sql.query<{ variant_id: string; location_id: string | null }>({
    name: 'alert_run_lock_restocks',
    text: `select variant_id, location_id from alert_run
           where workspace_id = $1 and type = 'restock' and variant_id = any($2::uuid[]) order by id for update`,
    values: [workspaceId, arrayLiteral(variantIds)],
  });
  return rows.map((row) => ({ variantId: row.variant_id, locationId: row.location_id }));
}

/** Begins to tell of what is back where somebody waits and nothing is under way. By `stock_alert_waiting`. */
export async function openRestocks(
  sql: Sql,
  workspaceId: number,
  opened: {
    openings: readonly (Opening & { readonly locationId: string | null })[];
    now: Date;
    beginAt: Date;
  },
): Promise<void> {
  const { openings, now, beginAt } = opened;
  if (openings.length === 0) return;
  await sql.query({
    name: 'alert_run_open_restocks',
    text: `insert into alert_run (workspace_id, type, variant_id, location_id, channel, edge, opened_at, next_at)
           select distinct on (n.variant_id, n.location_id, a.channel) $1::integer, 'restock', n.variant_id, n.location_id,
             a.channel, n.edge, $5::timestamptz, $6::timestamptz
           from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as n(variant_id, location_id, edge) join stock_alert a
             on a.workspace_id = $1 and a.variant_id = n.variant_id and a.type = 'restock' and a.state = 'active'
             and a.location_id is not distinct from n.location_id
           order by n.variant_id, n.location_id, a.channel on conflict do nothing`,
    values: [
      ...[workspaceId, openings.map((one) => one.variantId), openings.map((one) => one.locationId)],
      ...[openings.map((one) => one.edge), now, beginAt],
    ],
  });
}

/** What is sold out is not told of any more; whoever waits waits on. Locked by `lockRestocks`. */
export async function closeRestocks(
  sql: Sql,
  workspaceId: number,
  gone: readonly { readonly variantId: string; readonly locationId: string | null }[],
): Promise<void> {
  if (gone.length === 0) return;
  await sql.query({
    name: 'alert_run_close_restocks',
    text: `delete from alert_run r using unnest($2::uuid[], $3::uuid[]) as g(variant_id, location_id)
           where r.workspace_id = $1 and r.type = 'restock' and r.variant_id = g.variant_id
             and r.location_id is not distinct from g.location_id`,
    values: [workspaceId, gone.map((one) => one.variantId), gone.map((one) => one.locationId)],
  });
}

/** Looks at everybody who waits for a lower price of these. One under way begins anew: its price is not the one that counts. */
export async function openPriceDrops(
  sql: Sql,
  workspaceId: number,
  { openings, now }: { openings: readonly Opening[]; now: Date },
): Promise<void> {
  if (openings.length === 0) return;
  await sql.query({
    name: 'alert_run_open_price_drops',
    text: `insert into alert_run as r (workspace_id, type, variant_id, channel, edge, opened_at, next_at)
           select distinct on (n.variant_id, a.channel) $1::integer, 'price_drop', n.variant_id, a.channel, n.edge,
             $4::timestamptz, $4::timestamptz
           from unnest($2::uuid[], $3::bigint[]) as n(variant_id, edge) join stock_alert a
             on a.workspace_id = $1 and a.variant_id = n.variant_id and a.type = 'price_drop' and a.state = 'active'
           order by n.variant_id, a.channel, n.edge desc
           on conflict (workspace_id, type, variant_id, channel, (coalesce(location_id, '00000000-0000-0000-0000-000000000000')))
             do update set edge = excluded.edge, next_at = excluded.next_at, after_id = null`,
    values: [
      workspaceId,
      arrayLiteral(openings.map((one) => one.variantId)),
      arrayLiteral(openings.map((one) => one.edge)),
      now,
    ],
  });
}

/** Tells everybody who holds these or asked. A newer edge of the same begins anew. */
export async function openPages(
  sql: Sql,
  workspaceId: number,
  { type, openings, now }: { type: 'low_stock' | 'preorder'; openings: readonly Opening[]; now: Date },
): Promise<void> {
  if (openings.length === 0) return;
  await sql.query({
    name: 'alert_run_open_pages',
    text: `insert into alert_run as r (workspace_id, type, variant_id, channel, edge, opened_at, next_at)
           select $1::integer, $5::text, n.variant_id, '', max(n.edge), $4::timestamptz, $4::timestamptz
           from unnest($2::uuid[], $3::bigint[]) as n(variant_id, edge) group by n.variant_id order by n.variant_id
           on conflict (workspace_id, type, variant_id, channel, (coalesce(location_id, '00000000-0000-0000-0000-000000000000')))
             do update set edge = excluded.edge, opened_at = excluded.opened_at, next_at = excluded.next_at, phase = 'asked',
               after_id = null`,
    values: [
      ...[workspaceId, arrayLiteral(openings.map((one) => one.variantId))],
      ...[arrayLiteral(openings.map((one) => one.edge)), now, type],
    ],
  });
}

/** The next ones to go on with. By `alert_run_next`. */
export async function listDueRuns(
  sql: Sql,
  { now, limit }: { now: Date; limit: number },
): Promise<{ workspaceId: number; id: number }[]> {
  const { rows } = await sql.query<{ workspace_id: number; id: number }>({
    name: 'alert_run_due',
    // every workspace: one loop works for all.
    text: 'select workspace_id, id from alert_run where next_at <= $1 order by next_at, id limit $2',
    values: [now, limit],
  });
  return rows.map((row) => ({ workspaceId: row.workspace_id, id: row.id }));
}

/** Undefined: it is over, its time has not come, or another process is at it. */
export async function lockRun(
  sql: Sql,
  workspaceId: number,
  { id, now }: { id: number; now: Date },
): Promise<AlertRun | undefined> {
  const { rows } = await sql.query<{
    type: AlertType;
    variant_id: string;
    location_id: string | null;
    channel: string;
    edge: number;
    opened_at: Date;
    wave: number;
    wave_left: number;
    phase: 'asked' | 'holding';
    after_id: string | null;
  }>({
    name: 'alert_run_lock',
    text: `select type, variant_id, location_id, channel, edge, opened_at, wave, wave_left, phase, after_id from alert_run
           where workspace_id = $1 and id = $2 and next_at <= $3 for update skip locked`,
    values: [workspaceId, id, now],
  });
  const [row] = rows;
  return (
    row && {
      ...{ id, type: row.type, variantId: row.variant_id, locationId: row.location_id, channel: row.channel },
      ...{ edge: row.edge, openedAt: row.opened_at, wave: row.wave, waveLeft: row.wave_left, phase: row.phase },
      afterId: row.after_id,
    }
  );
}

/** Where a run goes on, and when. */
export type RunPlace = Pick<AlertRun, 'wave' | 'waveLeft' | 'phase' | 'afterId'> & { readonly nextAt: Date };

export async function moveRun(
  sql: Sql,
  workspaceId: number,
  { id, place }: { id: number; place: RunPlace },
): Promise<void> {
  await sql.query({
    name: 'alert_run_move',
    text: `update alert_run set wave = $3, wave_left = $4, phase = $5, after_id = $6, next_at = $7
           where workspace_id = $1 and id = $2`,
    values: [workspaceId, id, place.wave, place.waveLeft, place.phase, place.afterId, place.nextAt],
  });
}

export async function deleteRun(sql: Sql, workspaceId: number, id: number): Promise<void> {
  await sql.query({
    name: 'alert_run_delete',
    text: 'delete from alert_run where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
}

/** One that cannot go on stands before no other. */
export async function postponeRun(
  sql: Sql,
  workspaceId: number,
  { id, until }: { id: number; until: Date },
): Promise<void> {
  await sql.query({
    text: 'update alert_run set next_at = $3 where workspace_id = $1 and id = $2',
    values: [workspaceId, id, until],
  });
}
