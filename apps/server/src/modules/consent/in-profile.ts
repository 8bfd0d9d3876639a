import type { Ctx, Services } from '../../platform/context.ts';
import { inSubjects, type Subject, type SubjectBatch } from '../../platform/eventlog/index.ts';
import { followMerged } from '../profiles/index.ts';

/** A profile may be merged away between looking and locking, and again; more often than this it is not. */
const MERGES_FOLLOWED_MAX = 10;

/**
 * Runs `work` on the profile an id stands for now, locked: the id may be from before a merge. Undefined when there is
 * no such profile.
 */
export async function inProfile<T>(
  services: Services | Ctx,
  options: { workspaceId: number; profileId: string },
  work: (batch: SubjectBatch, subject: Subject) => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  const { workspaceId } = options;
  let id = options.profileId;
  for (let turn = 0; turn < MERGES_FOLLOWED_MAX; turn++) {
    const done = await inSubjects(services, { workspaceId, ids: [id] }, async (batch) => {
      const subject = batch.subjects.get(id);
      return subject === undefined ? undefined : { value: await work(batch, subject) };
    });
    if (done !== undefined) return done;
    const current = (await followMerged('sql' in services ? services.sql : services.postgres, workspaceId, [id])).get(
      id,
    );
    if (current === undefined || current === id) return undefined;
    id = current;
  }
  throw new Error(`profile ${options.profileId} is merged faster than it can be followed`);
}
