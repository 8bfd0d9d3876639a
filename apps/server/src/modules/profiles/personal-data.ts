import type { Ctx } from '../../platform/context.ts';
import { readSubjects } from '../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../platform/json.ts';
import {
  createTableKeeper,
  type PersonalDataKeeper,
  type PersonalSubject,
} from '../../platform/personal-data/index.ts';
import { findCompanies } from './companies/company-store.ts';
import { deleteForsakenCompanies, listCompaniesOf } from './companies/forsaken-store.ts';
import { openCompanies } from './companies/open-companies.ts';
import { openOutcome } from './identity-graph/explain-merges.ts';
import { keepOthersRebuilds } from './identity-graph/graph-node-store.ts';
import { openNodeKeys } from './node-directory.ts';
import { NODE_FLAGS, profileSection } from './profile-section.ts';
import { findProfile, listIdentifiersByNode, type Profile } from './read-profile.ts';
import { isRestricted } from './restriction.ts';

const tables = createTableKeeper({
  name: 'profiles',
  tables: [
    {
      table: 'profile_merge',
      kind: 'merge',
      profiles: ['from_profile', 'into_profile'],
      order: ['merged_at', 'id'],
      sealed: ['outcome'],
    },
    {
      table: 'identity_conflict',
      kind: 'identityConflict',
      profiles: ['profile_id', 'owner_profile'],
      nodes: ['node'],
      order: ['found_at', 'id'],
    },
    {
      table: 'profile_rebuild',
      untold: 'work that waits: which of her profiles is counted anew, and why, is told by merges and conflicts',
      profiles: ['from_profile', 'into_profile'],
      order: ['id'],
    },
    {
      table: 'changed_fact',
      untold: 'work that waits: that something about her changed, and is told where it is kept',
      profiles: ['profile_id'],
      order: ['profile_id', 'fact'],
    },
    {
      table: 'company_node',
      kind: 'companyMembershipByIdentifier',
      nodes: ['node'],
      order: ['node', 'company_id'],
    },
    {
      table: 'company_member',
      kind: 'companyMembership',
      profiles: ['profile_id'],
      order: ['company_id', 'profile_id'],
    },
  ],
  async open(ctx, _column, rows) {
    const sealed = rows.map(({ row, sealed }) => ({
      outcome: sealed,
      outcome_node: row['outcome_node'] as number | null,
      outcome_into: row['outcome_into'] as number | null,
    }));
    const nodes = sealed.flatMap((row) => [row.outcome_node ?? [], row.outcome_into ?? []].flat());
    const keys = await ctx.keysOf(ctx.workspaceId);
    const nodeKeys = await openNodeKeys({ sql: ctx.sql, workspaceId: ctx.workspaceId, keys }, nodes);
    return sealed.map((row) => openOutcome(row, nodeKeys) as Json | undefined);
  },
});

/**
 * The profile itself: identifiers, traits, companies and how it came to be one. Its state and its nodes are destroyed by
 * the erasure itself.
 */
export const profilesPersonalData: PersonalDataKeeper = {
  name: tables.name,
  untold: {
    ...tables.untold,
    company: 'goes with its last member only where it was known by an address; told by the company itself',
  },
  async *export(ctx, subject) {
    const profile = await findProfile(ctx, subject.profileId);
    if (profile !== undefined) yield { kind: 'profile', data: presentProfile(profile, await readNodes(ctx, subject)) };
    for (const company of await readCompanies(ctx, subject)) yield { kind: 'company', data: company };
    yield* tables.export(ctx, subject);
  },
  async erase(ctx, subject) {
    const companies = await listCompaniesOf(ctx.sql, ctx.workspaceId, subject.profileIds);
    await keepOthersRebuilds(ctx.sql, ctx.workspaceId, subject.profileIds);
    const { rows } = await tables.erase(ctx, subject);
    return { rows: rows + (await deleteForsakenCompanies(ctx.sql, ctx.workspaceId, companies)) };
  },
};

/** What is known of each identifier; rows of other kinds name it by its `node`. */
async function readNodes(ctx: Ctx, { profileId }: PersonalSubject): Promise<JsonObject> {
  const subject = (await readSubjects(ctx.sql, ctx.workspaceId, [profileId])).get(profileId);
  const held = subject?.get(profileSection)?.nodes ?? [];
  const values = await listIdentifiersByNode(ctx, profileId);
  const identifiers = values.map(({ node, kind, value }): JsonObject => {
    const [, , atMs, flags = 0] = held.find(([, id]) => id === node) ?? [];
    return {
      ...{ node, kind, value, isVerified: (flags & NODE_FLAGS.claimed) === 0 },
      ...{ isShared: (flags & NODE_FLAGS.shared) !== 0, isQuarantined: (flags & NODE_FLAGS.quarantined) !== 0 },
      ...(atMs !== undefined && { since: new Date(atMs).toISOString() }),
    };
  });
  return { identifiers, isRestricted: subject !== undefined && isRestricted(subject) };
}

/** What is known of the companies she belongs to: what was said of them under her identifiers is hers too. */
async function readCompanies(ctx: Ctx, subject: PersonalSubject): Promise<JsonObject[]> {
  const ids = await listCompaniesOf(ctx.sql, ctx.workspaceId, subject.profileIds);
  if (ids.length === 0) return [];
  const rows = await findCompanies(ctx.sql, ctx.workspaceId, ids);
  const opened = await openCompanies(ctx, rows);
  return rows.map(({ id }) => ({ companyId: id, ...opened.get(id)! }));
}

function presentProfile(profile: Profile, known: JsonObject): JsonObject {
  const { id, createdAt, firstSeenMs, lastSeenMs, traits, profilingObjectedMs } = profile;
  return {
    id,
    createdAt: createdAt.toISOString(),
    firstSeenAt: firstSeenMs === undefined ? null : new Date(firstSeenMs).toISOString(),
    lastSeenAt: lastSeenMs === undefined ? null : new Date(lastSeenMs).toISOString(),
    ...known,
    profilingObjectedAt: profilingObjectedMs === undefined ? null : new Date(profilingObjectedMs).toISOString(),
    traits,
  };
}
