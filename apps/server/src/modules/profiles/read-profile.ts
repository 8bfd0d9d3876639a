import type { Ctx } from '../../platform/context.ts';
import { open, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import {
  internalLane,
  INTAKE_LOG,
  INTERNAL_LOG,
  type LogId,
  type NodeRef,
  readSubjects,
  type Subject,
} from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { derivedTraits } from './derived-traits.ts';
import { type Identifier, KIND_CODES } from './identifier.ts';
import type { IdentifierReader } from './identifier-reader.ts';
import { loadIdentifierReader } from './load-identity-rules.ts';
import { identifierHash, laneOfHash, openNodeKeys } from './node-directory.ts';
import { findClaimants, findNodesByHash, findOwners, listNodesOfProfiles, type ProfileNodeRow } from './node-store.ts';
import { currentTraits, joinTraits, NODE_FLAGS, openPersonal, profileSection } from './profile-section.ts';
import { findProfiles, type ProfileRow } from './profile-store.ts';
import { profilingObjectedAt } from './profiling.ts';
import { restrictedAt } from './restriction.ts';
import type { ProfileReader, ReaderNow } from './profile-reader.ts';
import { computeTraits } from './workspace-traits.ts';

export type { ProfileReader } from './profile-reader.ts';

/** The traits of each subject as they stand, personal ones opened. One query. */
export async function openTraits(reader: ProfileReader, subjects: Iterable<Subject>): Promise<Map<string, JsonObject>> {
  const states = [...subjects].flatMap((subject) => {
    const state = subject.get(profileSection);
    return state === undefined ? [] : [{ id: subject.id, subject, state }];
  });
  const anchors = states.filter(({ state }) => state.personal !== '').map(({ state }) => state.anchor);
  const keys = await reader.keysOf(reader.workspaceId);
  const nodeKeys = await openNodeKeys({ sql: reader.sql, workspaceId: reader.workspaceId, keys }, anchors);
  return new Map(
    states.map(({ id, subject, state }) => [
      id,
      {
        ...currentTraits(joinTraits(state.traits, openPersonal(state, nodeKeys.get(state.anchor)))),
        ...derivedTraits(subject),
      },
    ]),
  );
}

/** Everything known of each subject: what `openTraits` answers, and what the workspace has computed. */
export async function openAllTraits(reader: ReaderNow, subjects: Iterable<Subject>): Promise<Map<string, JsonObject>> {
  const all = [...subjects];
  const traits = await openTraits(reader, all);
  for (const [id, found] of await computeTraits(reader, all)) traits.set(id, { ...traits.get(id), ...found });
  return traits;
}

/** The traits that are not personal: no key, no query. */
export function clearTraits(subject: Subject): JsonObject {
  const state = subject.get(profileSection);
  return state === undefined ? {} : { ...currentTraits(state.traits), ...derivedTraits(subject) };
}

/** The node to emit under when no event is the cause. */
export function anchorNode(subject: Subject): NodeRef {
  const state = subject.get(profileSection);
  if (state === undefined) return { kind: 0, id: 0 };
  const kind = state.nodes.find(([, id]) => id === state.anchor)?.[0] ?? 0;
  return { kind, id: state.anchor };
}

/** The ids of the subject's identifier nodes. No query. */
export function nodeIdsOf(subject: Subject): number[] {
  return (subject.get(profileSection)?.nodes ?? []).map(([, id]) => id);
}

/** Whether an e-mail address or a telephone number leads to the profile. No query. */
export function hasAddress(subject: Subject): boolean {
  const nodes = subject.get(profileSection)?.nodes ?? [];
  return nodes.some(([kind]) => kind === KIND_CODES.email || kind === KIND_CODES.phone);
}

export interface ProfileAddress {
  readonly address: string;
  readonly node: NodeRef;
}

/**
 * The addresses of one kind of each profile, the one to write to first: the newest that is known to be hers. What somebody
 * only typed stands behind those, so it is written to only when there is no other. One query.
 */
export async function listAddresses(
  reader: ProfileReader,
  profileIds: readonly string[],
  kind: 'email' | 'phone',
): Promise<Map<string, ProfileAddress[]>> {
  const keys = await reader.keysOf(reader.workspaceId);
  const addresses = new Map<string, ProfileAddress[]>(profileIds.map((id) => [id, []]));
  const nodes = await listNodesOfProfiles(reader.sql, reader.workspaceId, profileIds);
  const isClaimed = (row: ProfileNodeRow) => (row.flags & NODE_FLAGS.claimed) !== 0;
  for (const row of nodes.toSorted((a, b) => Number(isClaimed(a)) - Number(isClaimed(b)))) {
    const value = row.kind === KIND_CODES[kind] ? openValue(keys, row) : undefined;
    if (value !== undefined)
      addresses.get(row.profile_id)?.push({ address: value, node: { kind: row.kind, id: row.id } });
  }
  return addresses;
}

/** Every lane in which something about these profiles can stand. */
export async function listLanes(
  sql: Sql,
  workspaceId: number,
  profileIds: readonly string[],
): Promise<Map<string, { log: LogId; lane: number }[]>> {
  const lanes = new Map(profileIds.map((id) => [id, [{ log: INTERNAL_LOG as LogId, lane: internalLane(id) }]]));
  for (const row of await listNodesOfProfiles(sql, workspaceId, profileIds)) {
    const lane = laneOfHash(row.hash);
    const known = lanes.get(row.profile_id);
    if (known !== undefined && !known.some((l) => l.log === INTAKE_LOG && l.lane === lane))
      known.push({ log: INTAKE_LOG, lane });
  }
  return lanes;
}

export interface Profile {
  readonly id: string;
  readonly createdAt: Date;
  readonly firstSeenMs: number | undefined;
  readonly lastSeenMs: number | undefined;
  readonly identifiers: readonly { kind: string; value: string }[];
  readonly traits: JsonObject;
  /** Names of those of its traits that the workspace computes. */
  readonly computed: readonly string[];
  readonly restrictedMs: number | undefined;
  readonly profilingObjectedMs: number | undefined;
}

/** Whole profiles, in the order of `rows`. So many queries, whatever their number. */
export async function assembleProfiles(reader: ReaderNow, rows: readonly ProfileRow[]): Promise<Profile[]> {
  const ids = rows.map((row) => row.id);
  const keys = await reader.keysOf(reader.workspaceId);
  const subjects = await readSubjects(reader.sql, reader.workspaceId, ids);
  const traits = await openTraits(reader, subjects.values());
  const computed = await computeTraits(reader, subjects.values());
  const nodes = await listNodesOfProfiles(reader.sql, reader.workspaceId, ids);
  const names = await loadIdentifierReader(reader.sql, reader.workspaceId);
  return rows.map((row) => {
    const state = subjects.get(row.id)?.get(profileSection);
    return {
      id: row.id,
      createdAt: row.created_at,
      firstSeenMs: state?.firstSeenMs,
      lastSeenMs: state?.lastSeenMs,
      identifiers: presentNodes(
        { keys, names },
        nodes.filter((node) => node.profile_id === row.id),
      ),
      traits: { ...traits.get(row.id), ...computed.get(row.id) },
      computed: Object.keys(computed.get(row.id) ?? {}),
      restrictedMs: restrictedAt(subjects.get(row.id)),
      profilingObjectedMs: profilingObjectedAt(subjects.get(row.id)),
    };
  });
}

/** What a profile is known by, strongest first. */
export async function listIdentifiers(
  reader: ProfileReader,
  profileId: string,
): Promise<{ kind: string; value: string }[]> {
  const keys = await reader.keysOf(reader.workspaceId);
  const nodes = await listNodesOfProfiles(reader.sql, reader.workspaceId, [profileId]);
  return presentNodes({ keys, names: await loadIdentifierReader(reader.sql, reader.workspaceId) }, nodes);
}

/** As `listIdentifiers`, of many, read with `names`; who is known by nothing is left out. One query, whatever their number. */
export async function listIdentifiersOf(
  reader: ProfileReader,
  profileIds: readonly string[],
  names: IdentifierReader,
): Promise<Map<string, { kind: string; value: string }[]>> {
  if (profileIds.length === 0) return new Map();
  const keys = await reader.keysOf(reader.workspaceId);
  const own = new Map<string, ProfileNodeRow[]>();
  for (const node of await listNodesOfProfiles(reader.sql, reader.workspaceId, profileIds)) {
    own.set(node.profile_id, [...(own.get(node.profile_id) ?? []), node]);
  }
  return new Map([...own].map(([id, rows]) => [id, presentNodes({ keys, names }, rows)]));
}

/** What a profile is known by, strongest first, each with its node. */
export async function listIdentifiersByNode(
  reader: ProfileReader,
  profileId: string,
): Promise<{ node: number; kind: string; value: string }[]> {
  const keys = await reader.keysOf(reader.workspaceId);
  const names = await loadIdentifierReader(reader.sql, reader.workspaceId);
  const nodes = await listNodesOfProfiles(reader.sql, reader.workspaceId, [profileId]);
  return nodes
    .toSorted((a, b) => names.rankOfCode(a.kind) - names.rankOfCode(b.kind) || a.id - b.id)
    .flatMap((node) => presentNodes({ keys, names }, [node]).map((shown) => ({ node: node.id, ...shown })));
}

/** Strongest first. */
function presentNodes(
  { keys, names }: { keys: WorkspaceKeys; names: IdentifierReader },
  nodes: readonly ProfileNodeRow[],
): { kind: string; value: string }[] {
  return [...nodes]
    .sort((a, b) => names.rankOfCode(a.kind) - names.rankOfCode(b.kind) || a.id - b.id)
    .flatMap((node) => {
      const kind = names.kindOfCode(node.kind);
      const value = openValue(keys, node);
      return kind === undefined || value === undefined ? [] : [{ kind, value }];
    });
}

function openValue(keys: WorkspaceKeys, node: ProfileNodeRow): string | undefined {
  if (node.wrapped_key === null) return undefined;
  return open(open(keys.wrapping, node.wrapped_key), node.value).toString('utf8');
}

/** The profile an identifier leads to now. */
export async function findProfileId(reader: ProfileReader, identifier: Identifier): Promise<string | undefined> {
  const keys = await reader.keysOf(reader.workspaceId);
  const [node] = await findNodesByHash(reader.sql, reader.workspaceId, [identifierHash(keys, identifier)]);
  if (node === undefined) return undefined;
  const [owner] = await findOwners(reader.sql, reader.workspaceId, [node.id]);
  return owner?.profile_id ?? undefined;
}

/**
 * Known customers to whom every one of these identifiers that leads to them was only claimed to belong: whoever asks by
 * them may be somebody else. One query.
 */
export async function findOnlyClaimed(reader: ProfileReader, identifiers: readonly Identifier[]): Promise<string[]> {
  if (identifiers.length === 0) return [];
  const keys = await reader.keysOf(reader.workspaceId);
  return findClaimants(reader.sql, reader.workspaceId, {
    hashes: identifiers.map((identifier) => identifierHash(keys, identifier)),
    claimed: NODE_FLAGS.claimed,
    anonymousKinds: [KIND_CODES.device, KIND_CODES.anonymousId],
  });
}

/** Whose each node is now; nodes of nobody are left out. One query. */
export async function ownersOfNodes(
  sql: Sql,
  workspaceId: number,
  nodeIds: readonly number[],
): Promise<Map<number, string>> {
  const rows = await findOwners(sql, workspaceId, nodeIds);
  return new Map(rows.flatMap((row) => (row.profile_id === null ? [] : [[row.id, row.profile_id] as const])));
}

/** The ids of every node of a profile: what its history is stored under. */
export async function listNodeIds(ctx: Pick<Ctx, 'sql' | 'workspaceId'>, profileId: string): Promise<number[]> {
  const rows = await listNodesOfProfiles(ctx.sql, ctx.workspaceId, [profileId]);
  return rows.map((row) => row.id);
}

/** Whole profiles; those that do not exist, or were merged away, are left out. */
export async function readProfiles(reader: ReaderNow, ids: readonly string[]): Promise<Profile[]> {
  return assembleProfiles(reader, await findProfiles(reader.sql, reader.workspaceId, ids));
}

export async function findProfile(reader: ReaderNow, profileId: string): Promise<Profile | undefined> {
  const rows = await findProfiles(reader.sql, reader.workspaceId, [profileId]);
  return (await assembleProfiles(reader, rows))[0];
}
