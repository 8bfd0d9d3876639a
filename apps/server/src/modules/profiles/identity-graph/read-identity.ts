import type { IdentityConflict, ProfileIdentity, ProfileMerge } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { open } from '../../../platform/crypto/index.ts';
import { readSubjects } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { IdentifierReader } from '../identifier-reader.ts';
import { loadIdentifierReader } from '../load-identity-rules.ts';
import { openNodeKeys } from '../node-directory.ts';
import { findOwners } from '../node-store.ts';
import { NODE_FLAGS, profileSection, type TimedValue } from '../profile-section.ts';
import { type ConflictRow, listConflictsOf } from './conflict-store.ts';
import { openOutcome } from './explain-merges.ts';
import { type GraphNodeRow, listGraphNodes } from './graph-node-store.ts';
import { type KeptMergeRow, listMergesOf } from './merge-store.ts';

const MERGES_MAX = 500;
const CONFLICTS_MAX = 100;

export type MergedConsent = ProfileMerge['consents'][number];

/** What became of permissions in the merges a profile is made of, by the id of the profile that went; read above. */
export type ReadMergedConsents = (
  ctx: Ctx,
  profileId: string,
) => Promise<ReadonlyMap<string, readonly MergedConsent[]>>;

/** What an identifier node is called, while its key exists. */
interface ShownNode {
  readonly kind: string;
  readonly value: string;
  readonly createdAt: Date;
}

/** The graph of one profile, explained. About a dozen queries, whatever its size. */
export async function readIdentity(
  ctx: Ctx,
  profileId: string,
  readConsents: ReadMergedConsents,
): Promise<ProfileIdentity> {
  const { sql, workspaceId } = ctx;
  const state = (await readSubjects(sql, workspaceId, [profileId])).get(profileId)?.get(profileSection);
  const merges = await listMergesOf(sql, workspaceId, { profileId, limit: MERGES_MAX });
  const parts = merges.filter(({ undone_at }) => undone_at === null).map(({ from_profile }) => from_profile);
  const conflicts = await listConflictsOf(sql, workspaceId, {
    profileIds: [profileId, ...parts],
    limit: CONFLICTS_MAX,
  });
  const held = state?.nodes ?? [];
  const rules = await loadIdentifierReader(sql, workspaceId);
  const nodes = await showNodes(ctx, rules, [
    ...held.map(([, id]) => id),
    ...merges.flatMap((merge) => [...merge.from_nodes, ...merge.matched]),
    ...conflicts.map(({ node }) => node),
  ]);
  const keys = await outcomeKeys(ctx, merges);
  const consents = await readConsents(ctx, profileId);
  const identifiers = [...held]
    .sort((a, b) => rules.rankOfCode(a[0]) - rules.rankOfCode(b[0]) || a[1] - b[1])
    .flatMap(([, id, atMs, flags = 0]) => {
      const node = nodes.get(id);
      if (node === undefined) return [];
      const by = merges.find((m) => m.undone_at === null && m.into_profile === profileId && m.from_nodes.includes(id));
      return [
        {
          kind: node.kind,
          value: node.value,
          isVerified: (flags & NODE_FLAGS.claimed) === 0,
          isShared: (flags & NODE_FLAGS.shared) !== 0,
          isQuarantined: (flags & NODE_FLAGS.quarantined) !== 0,
          since: (atMs === undefined ? node.createdAt : new Date(atMs)).toISOString(),
          mergeId: by === undefined ? null : publicId('mrg', by.id),
        },
      ];
    });
  return {
    profileId: publicId('prf', profileId),
    identifiers,
    merges: merges.map((merge) => presentMerge(merge, { merges, nodes, keys, consents })),
    conflicts: conflicts.map((conflict) => presentConflict(conflict, nodes)),
    apartFrom: await ownersOf(ctx, state?.apart ?? []),
  };
}

/** The identifiers behind nodes, by id; erased ones are left out. One query. */
async function showNodes(
  ctx: Ctx,
  rules: IdentifierReader,
  nodeIds: readonly number[],
): Promise<Map<number, ShownNode>> {
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  const valueOf = (row: GraphNodeRow): string | undefined =>
    row.wrapped_key === null ? undefined : open(open(wrapping, row.wrapped_key), row.value).toString('utf8');
  const shown = new Map<number, ShownNode>();
  for (const row of await listGraphNodes(ctx.sql, ctx.workspaceId, [...new Set(nodeIds)])) {
    const kind = rules.kindOfCode(row.kind);
    const value = valueOf(row);
    if (kind !== undefined && value !== undefined) shown.set(row.id, { kind, value, createdAt: row.created_at });
  }
  return shown;
}

async function outcomeKeys(ctx: Ctx, merges: readonly KeptMergeRow[]): Promise<Map<number, Buffer>> {
  const ids = merges.flatMap((merge) => (merge.outcome === null ? [] : [merge.outcome_node!, merge.outcome_into!]));
  const keys = await ctx.keysOf(ctx.workspaceId);
  return openNodeKeys({ sql: ctx.sql, workspaceId: ctx.workspaceId, keys }, ids);
}

async function ownersOf(ctx: Ctx, nodes: readonly number[]): Promise<string[]> {
  if (nodes.length === 0) return [];
  const owners = (await findOwners(ctx.sql, ctx.workspaceId, nodes)).map((row) => row.profile_id);
  return [...new Set(owners)].filter((id) => id !== null).map((id) => publicId('prf', id));
}

type Nodes = ReadonlyMap<number, ShownNode>;

function presentMerge(
  merge: KeptMergeRow,
  of: {
    merges: readonly KeptMergeRow[];
    nodes: Nodes;
    keys: ReadonlyMap<number, Buffer>;
    consents: Awaited<ReturnType<ReadMergedConsents>>;
  },
): ProfileMerge {
  const { nodes } = of;
  const within = of.merges.find((m) => m.undone_at === null && m.from_profile === merge.into_profile);
  const show = (ids: readonly number[]) => ids.flatMap((id) => presentNode(nodes.get(id)) ?? []);
  return {
    id: publicId('mrg', merge.id),
    fromProfileId: publicId('prf', merge.from_profile),
    intoProfileId: publicId('prf', merge.into_profile),
    withinId: within === undefined ? null : publicId('mrg', within.id),
    mergedAt: merge.merged_at.toISOString(),
    cause: presentCause(merge),
    matched: show(merge.matched),
    brought: show(merge.from_nodes),
    traits: (openOutcome(merge, of.keys) ?? []).map(({ name, winner, into, from }) => ({
      name,
      winner,
      into: presentValue(into),
      from: presentValue(from),
    })),
    consents: merge.undone_at === null ? [...(of.consents.get(merge.from_profile) ?? [])] : [],
    undoneAt: merge.undone_at?.toISOString() ?? null,
    undoneBy: merge.undone_by,
  };
}

function presentCause(merge: KeptMergeRow): ProfileMerge['cause'] {
  if (merge.cause_kind === 'member') return { kind: 'member', actor: merge.actor ?? '' };
  return {
    kind: 'event',
    messageId: merge.cause_message_id,
    type: merge.cause_type,
    name: merge.cause_name,
    occurredAt: merge.cause_at?.toISOString() ?? null,
  };
}

const presentValue = ([value, atMs]: TimedValue) => ({ value, saidAt: new Date(atMs).toISOString() });

function presentNode(node: ShownNode | undefined): { kind: string; value: string } | undefined {
  return node && { kind: node.kind, value: node.value };
}

/** Conflicts as the API shows them. Two queries. */
export async function presentConflicts(ctx: Ctx, rows: readonly ConflictRow[]): Promise<IdentityConflict[]> {
  const rules = await loadIdentifierReader(ctx.sql, ctx.workspaceId);
  const nodes = await showNodes(
    ctx,
    rules,
    rows.map(({ node }) => node),
  );
  return rows.map((row) => presentConflict(row, nodes));
}

function presentConflict(row: ConflictRow, nodes: Nodes): IdentityConflict {
  return {
    id: publicId('cfl', row.id),
    reason: row.reason,
    status: row.status,
    profileId: publicId('prf', row.profile_id),
    ownerProfileId: row.owner_profile === null ? null : publicId('prf', row.owner_profile),
    identifier: presentNode(nodes.get(row.node)) ?? null,
    causeMessageId: row.cause_message_id,
    foundAt: row.found_at.toISOString(),
    lastSeenAt: (row.last_seen_at ?? row.found_at).toISOString(),
    seenCount: row.seen_count,
    settledAt: row.settled_at?.toISOString() ?? null,
    settledBy: row.settled_by,
    settlement: row.settlement,
  };
}
