import type { Handover } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import type { MergeMark } from './fold-merges.ts';

/** What is filed under a profile and goes where it goes. */
const FILED = ['consent_record', 'consent_confirmation', 'consent_wish'] as const;

/** Gives what was filed under merged profiles to those they became part of. One statement a table. */
export async function moveToProfiles(sql: Sql, workspaceId: number, moves: ReadonlyMap<string, string>): Promise<void> {
  for (const table of FILED) {
    await sql.query({
      name: `${table}_follow`,
      text: `update ${table} r set profile_id = m.target from unnest($2::uuid[], $3::uuid[]) as m(origin, target)
             where r.workspace_id = $1 and r.profile_id = m.origin`,
      values: [workspaceId, [...moves.keys()], [...moves.values()]],
    });
  }
  await moveMarks(sql, workspaceId, moves);
}

/** A mark that was parted between two profiles, as far as each had its identifiers, is one again once they are. */
async function moveMarks(sql: Sql, workspaceId: number, moves: ReadonlyMap<string, string>): Promise<void> {
  await sql.query({
    name: 'consent_merge_follow',
    text: `with gone as (
             delete from consent_merge c using unnest($2::uuid[], $3::uuid[]) as m(origin, target)
             where c.workspace_id = $1 and c.profile_id = m.origin
             returning m.target, c.seq, c.from_profile, c.into_profile, c.from_nodes, c.into_nodes, c.said_at, c.merged_at
           )
           insert into consent_merge as k
             (workspace_id, profile_id, seq, from_profile, into_profile, from_nodes, into_nodes, said_at, merged_at)
           select distinct on (g.target, g.seq) $1::integer, g.target, g.seq, g.from_profile, g.into_profile,
             array(select distinct n from gone o, unnest(o.from_nodes) as n where o.target = g.target and o.seq = g.seq),
             array(select distinct n from gone o, unnest(o.into_nodes) as n where o.target = g.target and o.seq = g.seq),
             g.said_at, g.merged_at
           from gone g
           on conflict (workspace_id, profile_id, seq) do update set
             from_nodes = array(select distinct n from unnest(k.from_nodes || excluded.from_nodes) as n),
             into_nodes = array(select distinct n from unnest(k.into_nodes || excluded.into_nodes) as n)`,
    values: [workspaceId, [...moves.keys()], [...moves.values()]],
  });
}

/** Gives what was filed under nodes to whom the nodes went. One statement a table. */
export async function moveWithNodes(sql: Sql, workspaceId: number, handovers: readonly Handover[]): Promise<void> {
  const moves = handovers.flatMap(({ from, into, nodes }) =>
    nodes.map((node) => ({ from: from.id, into: into.id, node: node.id })),
  );
  if (moves.length === 0) return;
  for (const table of FILED) {
    await sql.query({
      name: `${table}_follow_nodes`,
      text: `update ${table} r set profile_id = m.target
             from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as m(origin, target, node)
             where r.workspace_id = $1 and r.profile_id = m.origin and r.node_id = m.node`,
      values: [workspaceId, moves.map((m) => m.from), moves.map((m) => m.into), moves.map((m) => m.node)],
    });
  }
}

/** A merge with its owner. */
export type OwnedMark = MergeMark & { readonly profileId: string };

export type NewMark = Omit<OwnedMark, 'seq'>;

/** Notes merges, in order. */
export async function insertMarks(sql: Sql, workspaceId: number, marks: readonly NewMark[]): Promise<void> {
  if (marks.length === 0) return;
  await sql.query({
    name: 'consent_merge_insert',
    text: `insert into consent_merge (workspace_id, profile_id, from_profile, into_profile, from_nodes, into_nodes, said_at, merged_at)
           select $1, m."profileId", m."fromProfile", m."intoProfile", m."fromNodes", m."intoNodes",
             to_timestamp(m."saidAt" / 1000), to_timestamp(m."mergedAt" / 1000)
           from jsonb_array_elements($2::jsonb) with ordinality as e(mark, n),
             jsonb_to_record(e.mark) as m("profileId" uuid, "fromProfile" uuid, "intoProfile" uuid,
               "fromNodes" bigint[], "intoNodes" bigint[], "saidAt" float8, "mergedAt" float8)
           order by e.n`,
    values: [workspaceId, JSON.stringify(marks)],
  });
}

/** Takes marks off profiles and gives them to others, keeping their place in the order. */
export async function replaceMarks(
  sql: Sql,
  workspaceId: number,
  { gone, kept }: { gone: readonly OwnedMark[]; kept: readonly OwnedMark[] },
): Promise<void> {
  await sql.query({
    name: 'consent_merge_delete',
    text: `delete from consent_merge c using unnest($2::uuid[], $3::bigint[]) as g(profile_id, seq)
           where c.workspace_id = $1 and c.profile_id = g.profile_id and c.seq = g.seq`,
    values: [workspaceId, gone.map((one) => one.profileId), gone.map((one) => one.seq)],
  });
  await sql.query({
    name: 'consent_merge_keep',
    text: `insert into consent_merge (workspace_id, profile_id, seq, from_profile, into_profile, from_nodes, into_nodes, said_at, merged_at)
           select $1, m."profileId", m.seq, m."fromProfile", m."intoProfile", m."fromNodes", m."intoNodes",
             to_timestamp(m."saidAt" / 1000), to_timestamp(m."mergedAt" / 1000)
           from jsonb_to_recordset($2::jsonb) as m("profileId" uuid, seq bigint, "fromProfile" uuid, "intoProfile" uuid,
             "fromNodes" bigint[], "intoNodes" bigint[], "saidAt" float8, "mergedAt" float8)
           on conflict do nothing`,
    values: [workspaceId, JSON.stringify(kept)],
  });
}

interface MarkRow {
  profile_id: string;
  seq: number;
  from_profile: string;
  into_profile: string;
  from_nodes: number[];
  into_nodes: number[];
  said_ms: number;
  merged_ms: number;
}

/** The merges these profiles came of, by profile. */
export async function findMarks(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, OwnedMark[]>> {
  const marks = new Map<string, OwnedMark[]>();
  if (profileIds.length === 0) return marks;
  const { rows } = await sql.query<MarkRow>({
    name: 'consent_merge_find',
    text: `select profile_id, seq, from_profile, into_profile, from_nodes, into_nodes,
             (extract(epoch from said_at) * 1000)::float8 as said_ms, (extract(epoch from merged_at) * 1000)::float8 as merged_ms
           from consent_merge where workspace_id = $1 and profile_id = any($2::uuid[]) order by seq`,
    values: [workspaceId, profileIds],
  });
  for (const row of rows) {
    const mark: OwnedMark = {
      profileId: row.profile_id,
      seq: Number(row.seq),
      fromProfile: row.from_profile,
      intoProfile: row.into_profile,
      fromNodes: row.from_nodes.map(Number),
      intoNodes: row.into_nodes.map(Number),
      saidAt: row.said_ms,
      mergedAt: row.merged_ms,
    };
    marks.set(row.profile_id, [...(marks.get(row.profile_id) ?? []), mark]);
  }
  return marks;
}
