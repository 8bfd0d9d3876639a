import type { Services } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { Handover, Reshaper, TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { profileSection } from '../profile-section.ts';
import { followMerged } from '../profile-store.ts';
import { listRebuilds, type RebuildRow, takeRebuild } from './graph-node-store.ts';
import { requireSubject } from './merge-profiles.ts';

/** Counts everything known of a profile anew from its history: state is a cache, this is how it is filled. */
export async function rebuildProfile(ctx: TxCtx, reshaper: Reshaper, profileId: string): Promise<void> {
  await reshaper.reshape(ctx, { workspaceId: ctx.workspaceId, ids: [profileId] }, async (batch) => ({
    rebuilds: [requireSubject(batch, profileId)],
  }));
  await recordAudit(ctx, { action: 'profile.rebuilt', subject: publicId('prf', profileId) });
}

const ROUND = 50;

/**
 * One round over profiles from which the identity stage took an identifier: what is filed under it goes with it, and both
 * are counted anew, each pair in a transaction of its own. Answers how many pairs. One whose events wait as dead letters
 * waits for them.
 */
export async function runProfileRebuilds(services: Services, reshaper: Reshaper): Promise<number> {
  let done = 0;
  for (const row of await listRebuilds(services.postgres, ROUND)) {
    try {
      await rebuildPair(services, reshaper, row);
      done++;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    }
  }
  return done;
}

async function rebuildPair(services: Services, reshaper: Reshaper, row: RebuildRow): Promise<void> {
  const { workspace_id: workspaceId, from_profile: from, into_profile: into } = row;
  const owners = await followMerged(services.postgres, workspaceId, [from, into]);
  const ids = [...new Set([owners.get(from), owners.get(into)])].filter((id) => id !== undefined);
  await reshaper.reshape(services, { workspaceId, ids }, async (batch) => {
    if (!(await takeRebuild(batch.sql, workspaceId, row.id))) return {};
    const rebuilds = ids.map((id) => requireSubject(batch, id));
    const [former, owner] = [batch.subjects.get(owners.get(from) ?? ''), batch.subjects.get(owners.get(into) ?? '')];
    const handovers: Handover[] = [];
    if (former !== undefined && owner !== undefined && former !== owner) {
      const kinds = new Map(owner.get(profileSection)!.nodes.map(([kind, id]) => [id, kind]));
      const nodes = row.nodes.flatMap((id) => (kinds.has(id) ? [{ kind: kinds.get(id)!, id }] : []));
      handovers.push({ from: former, into: owner, nodes });
    }
    return { rebuilds, handovers };
  });
}
