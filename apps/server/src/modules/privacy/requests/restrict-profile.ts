import { inSubjects, type TxCtx } from '../../../platform/eventlog/index.ts';
import { liftRestriction, restrict } from '../../profiles/index.ts';
import type { RequestWork } from './request-work.ts';

/** From its commit on nothing is done with what is known of her. Answers whether that is new. */
export async function restrictProfile(ctx: TxCtx, profileId: string): Promise<boolean> {
  return inSubjects(ctx, { workspaceId: ctx.workspaceId, ids: [profileId] }, async ({ subjects, now }) => {
    const subject = subjects.get(profileId);
    return subject !== undefined && restrict(subject, now);
  });
}

/** Lifts it, and counts anew what was only kept meanwhile. Answers whether there was a restriction. */
export async function unrestrictProfile(ctx: TxCtx, work: RequestWork, profileId: string): Promise<boolean> {
  const isLifted = await inSubjects(ctx, { workspaceId: ctx.workspaceId, ids: [profileId] }, async ({ subjects }) => {
    const subject = subjects.get(profileId);
    return subject !== undefined && liftRestriction(subject);
  });
  if (isLifted) await work.rebuild(ctx, profileId);
  return isLifted;
}
