import type { JsonObject } from '../../platform/json.ts';
import { createTableKeeper, type PersonalDataKeeper } from '../../platform/personal-data/index.ts';
import { deleteForsakenCompanies, listCompaniesOf } from './companies/forsaken-store.ts';
import { findProfile } from './read-profile.ts';

const tables = createTableKeeper({
  name: 'profiles',
  tables: [
    {
      table: 'profile_merge',
      kind: 'merge',
      profiles: ['from_profile', 'into_profile'],
      order: ['merged_at', 'id'],
      hidden: ['outcome', 'outcome_node', 'outcome_into'],
    },
    {
      table: 'identity_conflict',
      kind: 'identityConflict',
      profiles: ['profile_id', 'owner_profile'],
      nodes: ['node'],
      order: ['found_at', 'id'],
    },
    { table: 'profile_rebuild', profiles: ['from_profile', 'into_profile'], order: ['id'] },
    { table: 'company_node', nodes: ['node'], order: ['node', 'company_id'] },
    {
      table: 'company_member',
      kind: 'companyMembership',
      profiles: ['profile_id'],
      order: ['company_id', 'profile_id'],
    },
  ],
});

/**
 * The profile itself: identifiers, traits, companies and how it came to be one. Its state and its nodes are destroyed by
 * the erasure itself.
 */
export const profilesPersonalData: PersonalDataKeeper = {
  name: tables.name,
  async *export(ctx, subject) {
    const profile = await findProfile(ctx, subject.profileId);
    if (profile !== undefined) yield { kind: 'profile', data: presentProfile(profile) };
    yield* tables.export(ctx, subject);
  },
  async erase(ctx, subject) {
    const companies = await listCompaniesOf(ctx.sql, ctx.workspaceId, subject.profileIds);
    const { rows } = await tables.erase(ctx, subject);
    return { rows: rows + (await deleteForsakenCompanies(ctx.sql, ctx.workspaceId, companies)) };
  },
};

function presentProfile(profile: NonNullable<Awaited<ReturnType<typeof findProfile>>>): JsonObject {
  const { id, createdAt, firstSeenMs, lastSeenMs, identifiers, traits } = profile;
  return {
    id,
    createdAt: createdAt.toISOString(),
    firstSeenAt: firstSeenMs === undefined ? null : new Date(firstSeenMs).toISOString(),
    lastSeenAt: lastSeenMs === undefined ? null : new Date(lastSeenMs).toISOString(),
    identifiers: identifiers.map(({ kind, value }) => ({ kind, value })),
    traits,
  };
}
