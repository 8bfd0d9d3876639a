import type { Services } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { type NodeRef, type Reshaper, RetryBatch, type Subject, type TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { findOwners } from '../node-store.ts';
import { profileSection } from '../profile-section.ts';
import { followMerged } from '../profile-store.ts';
import { isPassingFault, listRebuilds, postponeRebuild, type RebuildRow, takeRebuild } from './graph-node-store.ts';
import { requireSubject } from './merge-profiles.ts';

/** Counts everything known of a profile anew from its history: state is a cache, this is how it is filled. */
export async function rebuildProfile(ctx: TxCtx, reshaper: Reshaper, profileId: string): Promise<void> {
  await reshaper.reshape(ctx, { workspaceId: ctx.workspaceId, ids: [profileId], counts: true }, async (batch) => ({
    rebuilds: [requireSubject(batch, profileId)],
  }));
  await recordAudit(ctx, { action: 'profile.rebuilt', subject: publicId('prf', profileId) });
}

const ROUND = 50;

/**
 * One round over profiles from which the identity stage took an identifier: what is filed under it goes with it, and both
 * are counted anew, each pair in a transaction of its own. Answers how many pairs. A pair that cannot be counted now goes to
 * the end of the queue, so that it holds up nobody: its events wait as dead letters, or a fault that is thrown at the end.
 */
export async function runProfileRebuilds(services: Services, reshaper: Reshaper): Promise<number> {
  let done = 0;
  let fault: unknown;
  for (const row of await listRebuilds(services.postgres, ROUND)) {
    try {
      await rebuildPair(services, reshaper, row);
      done++;
    } catch (error) {
      await postponeRebuild(services.postgres, row.workspace_id, row.id);
      if (!isPassing(error)) fault ??= error;
    }
  }
  if (fault !== undefined) throw fault;
  return done;
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof RetryBatch || isPassingFault(error) || (error instanceof AppError && error.code === 'conflict')
  );
}

async function rebuildPair(services: Services, reshaper: Reshaper, row: RebuildRow): Promise<void> {
  const { workspace_id: workspaceId, from_profile: from, into_profile: into } = row;
  const owners = await followMerged(services.postgres, workspaceId, [from, into]);
  const former = owners.get(from);
  // A pair may have waited long: whose a node is now counts, not who took it.
  const holders = new Map<number, string>();
  for (const { id, profile_id: holder } of await findOwners(services.postgres, workspaceId, row.nodes)) {
    if (holder !== null) holders.set(id, holder);
  }
  const ids = [...new Set([former, owners.get(into), ...holders.values()])].filter((id) => id !== undefined);
  await reshaper.reshape(services, { workspaceId, ids, counts: true }, async (batch) => {
    if (!(await takeRebuild(batch.sql, workspaceId, row.id))) return {};
    const rebuilds = ids.map((id) => requireSubject(batch, id));
    const given = new Map<Subject, NodeRef[]>();
    for (const [id, holder] of holders) {
      const owner = requireSubject(batch, holder);
      const held = owner.get(profileSection)!.nodes.find((node) => node[1] === id);
      if (held === undefined) throw new RetryBatch('a node was given away meanwhile');
      if (holder !== former) given.set(owner, [...(given.get(owner) ?? []), { kind: held[0], id }]);
    }
    const giver = former === undefined ? undefined : requireSubject(batch, former);
    const handovers = giver === undefined ? [] : [...given].map(([to, nodes]) => ({ from: giver, into: to, nodes }));
    return { rebuilds, handovers };
  });
}
