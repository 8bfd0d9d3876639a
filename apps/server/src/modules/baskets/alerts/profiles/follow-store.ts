import type { Handover } from '../../../../platform/eventlog/index.ts';
import { arrayLiteral, type Sql } from '../../../../platform/postgres/index.ts';

const NOWHERE = "'00000000-0000-0000-0000-000000000000'::uuid";

/**
 * Of the alerts that come to one profile only the oldest of a kind stays: it speaks for the others until the merge is undone.
 * `moved`: a query of (id, target) of all rows that move.
 */
function joinText(moved: string): string {
  return `with moved as (${moved}),
    placed as (
      select a.id, coalesce(m.target, a.profile_id) as owner, a.variant_id, a.type, a.location_id, a.created_at
      from stock_alert a left join moved m on m.id = a.id
      where a.workspace_id = $1 and a.state = 'active'
        and (m.id is not null or a.profile_id in (select target from moved))),
    ranked as (
      select id, first_value(id) over (partition by owner, variant_id, type, coalesce(location_id, ${NOWHERE})
        order by created_at, id) as kept from placed),
    held as (
      select a.id, r.kept from stock_alert a join ranked r on r.id = a.id
      where a.workspace_id = $1 and r.kept <> r.id order by a.id for update of a)
    update stock_alert a set state = 'cancelled', ended_at = $4, joined_into = held.kept, look_at = null from held
    where a.workspace_id = $1 and a.id = held.id`;
}

/** What merged profiles wait for and were told is that of the profiles they became part of. */
export async function moveAlerts(
  sql: Sql,
  workspaceId: number,
  { moves, at }: { moves: ReadonlyMap<string, string>; at: Date },
): Promise<void> {
  if (moves.size === 0) return;
  const pairs = [arrayLiteral([...moves.keys()]), arrayLiteral([...moves.values()])];
  await sql.query({
    name: 'stock_alert_join_merged',
    text: joinText(`select a.id, m.target from stock_alert a join unnest($2::uuid[], $3::uuid[]) as m(origin, target)
      on m.origin = a.profile_id where a.workspace_id = $1`),
    values: [workspaceId, ...pairs, at],
  });
  for (const table of ['stock_alert', 'alert_telling']) {
    await sql.query({
      name: `${table}_follow`,
      text: `update ${table} t set profile_id = m.target from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
             where t.workspace_id = $1 and t.profile_id = m.origin`,
      values: [workspaceId, ...pairs],
    });
  }
}

/** What is filed under a node goes where the node went; what only a merge had joined is apart again. */
export async function handAlertsOver(
  sql: Sql,
  workspaceId: number,
  { handovers, at }: { handovers: readonly Handover[]; at: Date },
): Promise<void> {
  const moves = handovers.flatMap(({ into, nodes }) => nodes.map(({ id }) => ({ node: id, into: into.id })));
  if (moves.length === 0) return;
  const pairs = [arrayLiteral(moves.map((move) => move.node)), arrayLiteral(moves.map((move) => move.into))];
  await sql.query({
    name: 'stock_alert_join_handed_over',
    text: joinText(`select a.id, m.target from stock_alert a join unnest($2::bigint[], $3::uuid[]) as m(node, target)
      on m.node = a.node where a.workspace_id = $1`),
    values: [workspaceId, ...pairs, at],
  });
  for (const table of ['stock_alert', 'alert_telling']) {
    await sql.query({
      name: `${table}_hand_over`,
      text: `update ${table} t set profile_id = m.target from unnest($2::bigint[], $3::uuid[]) as m(node, target)
             where t.workspace_id = $1 and t.node = m.node`,
      values: [workspaceId, ...pairs],
    });
  }
  await reviveJoined(sql, workspaceId, handovers);
}

/** One of a kind a profile, the oldest; only while what spoke for it still waits: what was said of that was said of both. */
async function reviveJoined(sql: Sql, workspaceId: number, handovers: readonly Handover[]): Promise<void> {
  const profileIds = [...new Set(handovers.flatMap(({ from, into }) => [from.id, into.id]))];
  await sql.query({
    name: 'stock_alert_revive',
    text: `with apart as (
             select distinct on (a.profile_id, a.variant_id, a.type, coalesce(a.location_id, ${NOWHERE})) a.id
             from stock_alert a join stock_alert k on k.workspace_id = $1 and k.id = a.joined_into and k.state = 'active'
             where a.workspace_id = $1 and a.joined_into is not null and a.profile_id = any($2::uuid[])
               and a.profile_id <> k.profile_id and not exists (
                 select 1 from stock_alert o where o.workspace_id = $1 and o.profile_id = a.profile_id and o.state = 'active'
                   and o.variant_id = a.variant_id and o.type = a.type and o.location_id is not distinct from a.location_id)
             order by a.profile_id, a.variant_id, a.type, coalesce(a.location_id, ${NOWHERE}), a.created_at, a.id)
           update stock_alert a set state = 'active', ended_at = null, joined_into = null from apart
           where a.workspace_id = $1 and a.id = apart.id`,
    values: [workspaceId, arrayLiteral(profileIds)],
  });
}
