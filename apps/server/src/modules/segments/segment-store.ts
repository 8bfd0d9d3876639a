import type { SegmentRule, SegmentStatus } from '@segue/contract';

import type { LanePosition } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { type StoredCut, storedCut } from './leaf-store.ts';
import type { FillProgress } from './fill-progress.ts';
import type { RuleWorld } from './rule-world.ts';

/** Whose leaves are filled and followed: a segment's, a computed trait's, the lifecycle's; only a segment has members. */
export type OwnerKind = 'segment' | 'trait' | 'lifecycle';

export interface SegmentRow {
  workspace_id: number;
  id: string;
  kind: OwnerKind;
  name: string;
  rule: SegmentRule;
  world: RuleWorld;
  status: SegmentStatus;
  serial: number;
  revision: number;
  is_changed: boolean;
  next_rule: SegmentRule | null;
  next_world: RuleWorld | null;
  cut: StoredCut;
  fill: FillProgress;
  created_at: Date;
}

const COLUMNS = `workspace_id, id, kind, name, rule, world, status, serial, revision, is_changed, next_rule, next_world, cut,
  fill, created_at`;

export async function insertSegment(
  sql: Sql,
  segment: {
    workspaceId: number;
    id: string;
    kind?: OwnerKind;
    name: string;
    rule: SegmentRule;
    world: RuleWorld;
    cut: readonly LanePosition[];
    createdAt: Date;
  },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `insert into segment (workspace_id, id, name, rule, world, status, cut, created_at, kind)
           values ($1, $2, $3, $4, $5, 'filling', $6, $7, $8) on conflict do nothing`,
    values: [
      segment.workspaceId,
      segment.id,
      segment.name,
      JSON.stringify(segment.rule),
      JSON.stringify(segment.world),
      JSON.stringify(storedCut(segment.cut)),
      segment.createdAt,
      segment.kind ?? 'segment',
    ],
  });
  return rowCount === 1;
}

/** False when another segment has the name. */
export async function renameSegment(
  sql: Sql,
  segment: { workspaceId: number; id: string; name: string },
): Promise<boolean> {
  const { rowCount } = await sql.query({
    text: `update segment set name = $3 where workspace_id = $1 and id = $2 and not exists (
             select from segment other where other.workspace_id = $1 and other.id <> $2 and other.kind = 'segment'
               and lower(other.name) = lower($3) and other.status <> 'archived')`,
    values: [segment.workspaceId, segment.id, segment.name],
  });
  return rowCount === 1;
}

/**
 * Gives a segment another rule. One that never was true of anybody begins anew with it; of any other the old rule goes on
 * being true until the history of the new one is there.
 */
export async function setRule(
  sql: Sql,
  segment: { workspaceId: number; id: string; rule: SegmentRule; world: RuleWorld; cut: readonly LanePosition[] },
): Promise<void> {
  await sql.query({
    text: `update segment set
             rule = case when status = 'filling' then $3::jsonb else rule end,
             world = case when status = 'filling' then $4::jsonb else world end,
             next_rule = case when status <> 'filling' then $3::jsonb end,
             next_world = case when status <> 'filling' then $4::jsonb end,
             cut = $5, revision = revision + 1, fill = case when status = 'sweeping' then fill else '{}' end
           where workspace_id = $1 and id = $2`,
    values: [
      segment.workspaceId,
      segment.id,
      JSON.stringify(segment.rule),
      JSON.stringify(segment.world),
      JSON.stringify(storedCut(segment.cut)),
    ],
  });
}

/** Every segment that is evaluated, and what is filled and followed like one: see `OwnerKind`. */
export async function listActiveSegments(sql: Sql, workspaceId: number): Promise<SegmentRow[]> {
  const { rows } = await sql.query<SegmentRow>({
    text: `select ${COLUMNS} from segment where workspace_id = $1 and status <> 'archived' order by created_at, id`,
    values: [workspaceId],
  });
  return rows;
}

/** Computed traits and the lifecycle, those whose history is counted. */
export async function listTraitOwners(sql: Sql, workspaceId: number): Promise<SegmentRow[]> {
  const { rows } = await sql.query<SegmentRow>({
    name: 'segment_trait_owners',
    text: `select ${COLUMNS} from segment
           where workspace_id = $1 and kind in ('trait', 'lifecycle') and status in ('sweeping', 'live') order by id`,
    values: [workspaceId],
  });
  return rows;
}

export async function findSegment(sql: Sql, workspaceId: number, id: string): Promise<SegmentRow | undefined> {
  const { rows } = await sql.query<SegmentRow>({
    text: `select ${COLUMNS} from segment where workspace_id = $1 and id = $2 and status <> 'archived' and kind = 'segment'`,
    values: [workspaceId, id],
  });
  return rows[0];
}

export async function listSegments(
  sql: Sql,
  workspaceId: number,
  page: { limit: number; beforeId: string | null },
): Promise<SegmentRow[]> {
  const { rows } = await sql.query<SegmentRow>({
    text: `select ${COLUMNS} from segment
           where workspace_id = $1 and status <> 'archived' and kind = 'segment' and ($2::uuid is null or id < $2::uuid)
           order by id desc limit $3`,
    values: [workspaceId, page.beforeId, page.limit],
  });
  return rows;
}

export async function archiveRow(sql: Sql, segment: { workspaceId: number; id: string; at: Date }): Promise<void> {
  await sql.query({
    text: `update segment set status = 'archived', archived_at = $3, next_rule = null, next_world = null, revision = revision + 1
           where workspace_id = $1 and id = $2`,
    values: [segment.workspaceId, segment.id, segment.at],
  });
}

/** How many segments were created before `at` and still count their history. */
export async function countUnfilledSince(sql: Sql, at: Date): Promise<number> {
  const { rows } = await sql.query<{ n: number }>({
    // every workspace: whoever runs the server looks after all of them.
    text: `select count(*)::int as n from segment where status in ('filling', 'sweeping') and created_at < $1`,
    values: [at],
  });
  return rows[0]!.n;
}

/** For the one back-fill loop; each row says whose it is. */
export async function listToFill(sql: Sql): Promise<SegmentRow[]> {
  const { rows } = await sql.query<SegmentRow>({
    // every workspace: one loop carries them all.
    text: `select ${COLUMNS} from segment
           where status in ('filling', 'sweeping') or (status = 'live' and next_rule is not null) order by created_at, id`,
  });
  return rows;
}
