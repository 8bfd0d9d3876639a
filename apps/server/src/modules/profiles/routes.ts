import { api, type Profile as PresentedProfile } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { inSnapshot } from '../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { parsePublicId, publicId, requirePublicId } from '../../platform/ids/index.ts';
import type { Identifier } from './identifier.ts';
import { identifierReaderOf, loadIdentifierReader, settingsOf } from './load-identity-rules.ts';
import { updateIdentitySettings } from './update-identity-settings.ts';
import { followMerged, listProfiles } from './profile-store.ts';
import { assembleProfiles, findProfile, findProfileId, type Profile } from './read-profile.ts';

/** Reading profiles, and how they are recognised. */
export const profileRoutes: Routes = (serve) => {
  // Traits and identifiers stand in tables of their own: read apart, somebody just unmerged had them of two times.
  serve(api.listProfiles, ({ ctx, query }) =>
    inSnapshot(ctx, async (ctx) => {
      if (query.identifier !== undefined) return findByIdentifier(ctx, query.identifier);
      const beforeId = decodeCursor(query.cursor, ['uuid'])?.[0];
      const rows = await listProfiles(ctx.sql, ctx.workspaceId, {
        limit: query.limit + 1,
        beforeId: beforeId === undefined ? undefined : String(beforeId),
      });
      const page = toPage(rows, { limit: query.limit, keyOf: (row) => [row.id], present: (row) => row });
      return { items: (await assembleProfiles(ctx, page.items)).map(presentProfile), nextCursor: page.nextCursor };
    }),
  );

  serve(api.getProfile, ({ ctx, params }) =>
    inSnapshot(ctx, async (ctx) => {
      const profile = await findProfile(ctx, await requireProfileId(ctx, params.id));
      if (profile === undefined) throw new AppError('not_found', 'There is no such profile');
      return presentProfile(profile);
    }),
  );

  serve(api.getIdentitySettings, async ({ ctx }) =>
    settingsOf((await loadIdentifierReader(ctx.sql, ctx.workspaceId)).rules),
  );

  serve(api.updateIdentitySettings, async ({ ctx, body }) => updateIdentitySettings(ctx, body));
};

async function findByIdentifier(ctx: Ctx, text: string) {
  const identifier = await readIdentifierText(ctx, text);
  const profileId = identifier === undefined ? undefined : await findProfileId(ctx, identifier);
  const profile = profileId === undefined ? undefined : await findProfile(ctx, profileId);
  return { items: profile === undefined ? [] : [presentProfile(profile)], nextCursor: null };
}

/** What `kind:value` names; undefined when the value identifies nobody, `invalid` when the kind is none. */
export async function readIdentifierText(ctx: Ctx, text: string): Promise<Identifier | undefined> {
  const colon = text.indexOf(':');
  const kind = text.slice(0, Math.max(0, colon));
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const kinds = reader.rules.kinds.map((rule) => rule.kind);
  if (!kinds.includes(kind)) {
    throw new AppError('invalid', 'The identifier does not name its kind', {
      details: [{ field: 'identifier', message: `write kind:value, with a kind of ${kinds.join(', ')}` }],
    });
  }
  return reader.read(kind, text.slice(colon + 1));
}

/**
 * The internal id behind a public one, followed through merges; `not_found` when it names nobody. `field`: where it stood
 * in the body or query, so that the answer can say so.
 */
export async function requireProfileId(
  ctx: Pick<Ctx, 'sql' | 'workspaceId'>,
  text: string,
  field?: string,
): Promise<string> {
  const given = field === undefined ? requirePublicId('prf', text) : parsePublicId('prf', text);
  const current = given && (await followMerged(ctx.sql, ctx.workspaceId, [given])).get(given);
  if (current === undefined) throw noProfile(field);
  return current;
}

function noProfile(field: string | undefined): AppError {
  const message = 'leads to nobody in this workspace; give the id of a profile, prf_ and 32 hex digits';
  return new AppError('not_found', 'There is no such profile', field ? { details: [{ field, message }] } : {});
}

function presentProfile(profile: Profile): PresentedProfile {
  return {
    id: publicId('prf', profile.id),
    createdAt: profile.createdAt.toISOString(),
    firstSeenAt: isoOrNull(profile.firstSeenMs),
    lastSeenAt: isoOrNull(profile.lastSeenMs),
    identifiers: [...profile.identifiers],
    traits: profile.traits,
    computedTraits: [...profile.computed],
    restrictedAt: isoOrNull(profile.restrictedMs),
    profilingObjectedAt: isoOrNull(profile.profilingObjectedMs),
  };
}

function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
