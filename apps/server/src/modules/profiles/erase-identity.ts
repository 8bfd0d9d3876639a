import type { Ctx } from '../../platform/context.ts';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { advanceErasureEpoch, destroyNodes, insertErasedHashes, readErasureEpoch } from './erased-store.ts';
import { codeOf, type Identifier } from './identifier.ts';
import { identifierHash } from './node-directory.ts';
import { findNodesByHash } from './node-store.ts';

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
    // Nodes first, then hashes, as an erasure locks them.
    const forsaken = { nodes: nodes.map(({ id }) => id), at, onlyForsaken: true };
    if ((await destroyNodes(sql, workspaceId, forsaken)) > 0) ctx.beforeCommit(() => advanceErasureEpoch(sql));
    await insertErasedHashes(sql, workspaceId, { identifiers: hashes, at });
  });
}
