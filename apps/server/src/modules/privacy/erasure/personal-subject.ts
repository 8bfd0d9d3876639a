import type { Ctx } from '../../../platform/context.ts';
import type { PersonalSubject } from '../../../platform/personal-data/index.ts';
import { listIdentifiers, listNodeIds } from '../../profiles/index.ts';
import { listProfileFamily } from './erasure-store.ts';

/** Whom a profile is about; undefined: there is none. Nodes of merged profiles are the one's they were merged into. */
export async function findPersonalSubject(ctx: Ctx, profileId: string): Promise<PersonalSubject | undefined> {
  const profileIds = await listProfileFamily(ctx.sql, ctx.workspaceId, profileId);
  if (profileIds.length === 0) return undefined;
  const nodes = await listNodeIds(ctx, profileId);
  const identifiers = await listIdentifiers(ctx, profileId);
  return { profileId, profileIds, nodes, identifiers, values: identifiers.map(({ value }) => value) };
}
