import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import { readSubjects, type TxCtx } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import type { Identifier } from './identifier.ts';
import { identifierHash } from './node-directory.ts';
import { findNodesByHash, holdOwners } from './node-store.ts';
import { followMerged } from './profile-store.ts';
import { anchorNode } from './read-profile.ts';

/** A profile, and an identifier of it that stays its own until the transaction ends. */
export interface HeldProfile {
  readonly node: number;
  readonly profileId: string;
}

/**
 * The profiles that ids (also from before a merge) and identifiers lead to; undefined where to nobody. Whatever is filed
 * under the node in the same transaction follows the profile from then on. Five queries, whatever their number.
 */
export async function holdProfiles(
  ctx: Pick<TxCtx, 'sql' | 'workspaceId' | 'keysOf'>,
  asked: { readonly profileIds: readonly string[]; readonly identifiers: readonly (Identifier | undefined)[] },
): Promise<{ ofIds: (HeldProfile | undefined)[]; ofIdentifiers: (HeldProfile | undefined)[] }> {
  const { sql, workspaceId } = ctx;
  const keys = await ctx.keysOf(workspaceId);
  const named = await findIdentifierNodes({ sql, workspaceId, keys }, asked.identifiers);
  const current = await followMerged(sql, workspaceId, asked.profileIds);
  const subjects = await readSubjects(sql, workspaceId, [...current.values()]);
  const anchors = asked.profileIds.map((id) => {
    const subject = subjects.get(current.get(id) ?? '');
    return subject === undefined ? undefined : anchorNode(subject).id;
  });
  const all = [...anchors, ...named].filter((node) => node !== undefined);
  const owners = await holdOwners(sql, workspaceId, [...new Set(all)]);
  const held = (node: number | undefined): HeldProfile | undefined => {
    const profileId = node === undefined ? undefined : owners.get(node);
    return node === undefined || profileId === undefined ? undefined : { node, profileId };
  };
  return { ofIds: anchors.map(held), ofIdentifiers: named.map(held) };
}

/** The node of each identifier; undefined where nobody was ever known by it, or only who was erased. One query. */
export async function findIdentifierNodes(
  reader: { readonly sql: Sql; readonly workspaceId: number; readonly keys: WorkspaceKeys },
  identifiers: readonly (Identifier | undefined)[],
): Promise<(number | undefined)[]> {
  const hashes = identifiers.map((one) => (one === undefined ? undefined : identifierHash(reader.keys, one)));
  const known = [...new Set(hashes.filter((hash) => hash !== undefined))];
  const nodes = known.length === 0 ? [] : await findNodesByHash(reader.sql, reader.workspaceId, known);
  const nodeOf = new Map(nodes.map((node) => [node.hash, node.id]));
  return hashes.map((hash) => (hash === undefined ? undefined : nodeOf.get(hash)));
}
