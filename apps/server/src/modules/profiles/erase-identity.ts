import type { Ctx } from '../../platform/context.ts';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { advanceErasureEpoch, destroyNodes, insertErasedHashes, readErasureEpoch } from './erased-store.ts';
import { codeOf, type Identifier } from './identifier.ts';
import { identifierHash } from './node-directory.ts';
import { findNodesByHash, findOwners } from './node-store.ts';

export { advanceErasureEpoch, destroyNodes, readErasureEpoch };

/** Keeps late events of these identifiers out, though they lead to nobody, or to nobody any more. */
export async function suppressIdentifiers(ctx: Ctx, identifiers: readonly Identifier[]): Promise<void> {
  if (identifiers.length === 0) return;
  const keys = await ctx.keysOf(ctx.workspaceId);
  const hashes = identifiers.map((identifier) => ({
    hash: identifierHash(keys, identifier),
    kind: codeOf(identifier),
  }));
  await inTransaction(ctx, async (ctx) => {
    const { sql, workspaceId } = ctx;
    const at = new Date(ctx.clock.now());
    const nodes = await findNodesByHash(
      sql,
      workspaceId,
      hashes.map(({ hash }) => hash),
    );
    const owners = await findOwners(
      sql,
      workspaceId,
      nodes.map(({ id }) => id),
    );
    const forsaken = owners.filter((node) => node.profile_id === null).map(({ id }) => id);
    await insertErasedHashes(sql, workspaceId, { identifiers: hashes, at });
    if ((await destroyNodes(sql, workspaceId, { nodes: forsaken, at })) > 0)
      ctx.beforeCommit(() => advanceErasureEpoch(sql));
  });
}
