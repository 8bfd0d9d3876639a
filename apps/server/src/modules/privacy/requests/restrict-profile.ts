import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { inProfile } from '../../consent/index.ts';
import { liftRestriction, restrict } from '../../profiles/index.ts';
import type { RequestWork } from './request-work.ts';

/** From its commit on nothing is done with what is known of her, whoever she was merged into. Answers whether that is new. */
export async function restrictProfile(ctx: TxCtx, profileId: string): Promise<boolean> {
  const { workspaceId } = ctx;
  const done = await inProfile(ctx, { workspaceId, profileId }, (batch, subject) => restrict(batch, subject));
  return done?.value ?? false;
}

/** Lifts it, and counts anew what was only kept meanwhile. Answers whether there was a restriction. */
export async function unrestrictProfile(ctx: TxCtx, work: RequestWork, profileId: string): Promise<boolean> {
  const { workspaceId } = ctx;
  const lifted = await inProfile(ctx, { workspaceId, profileId }, async (batch, subject) =>
    (await liftRestriction(batch, subject)) ? subject.id : undefined,
  );
  if (lifted?.value === undefined) return false;
  await work.rebuild(ctx, lifted.value);
  return true;
}
