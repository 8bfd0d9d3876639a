import { api } from '@segue/contract';
import type { Reshaper } from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { parsePublicId, publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { readIdentifierText, requireProfileId } from '../routes.ts';
import { listConflictRows } from './conflict-store.ts';
import { giveIdentifier } from './give-identifier.ts';
import { mergeProfiles } from './merge-profiles.ts';
import { presentConflicts, readIdentity, type ReadMergedConsents } from './read-identity.ts';
import { rebuildProfile } from './rebuild-profiles.ts';
import { settleConflict } from './settle-conflict.ts';
import { unmergeProfiles } from './unmerge-profiles.ts';

const NO_CONSENTS: ReadMergedConsents = async () => new Map();

/** Who a profile is and why; merging, unmerging, conflicts, repair. Default: no module above knows of consent. */
export function createIdentityGraphRoutes(reshaper: Reshaper, readConsents = NO_CONSENTS): Routes {
  return (serve) => {
    serve(api.getProfileIdentity, async ({ ctx, params }) =>
      readIdentity(ctx, await requireProfileId(ctx, params.id), readConsents),
    );

    serve(api.mergeProfiles, async ({ ctx, params, body }) => {
      const intoId = await requireProfileId(ctx, params.id);
      const fromId = await requireProfileId(ctx, body.with, 'with');
      await mergeProfiles(ctx, reshaper, { intoId, fromId, field: 'with' });
      return readIdentity(ctx, intoId, readConsents);
    });

    serve(api.giveIdentifier, async ({ ctx, params, body }) => {
      const profileId = await requireProfileId(ctx, params.id);
      const identifier = await readIdentifierText(ctx, body.identifier);
      await giveIdentifier(ctx, reshaper, { profileId, identifier });
      return readIdentity(ctx, profileId, readConsents);
    });

    serve(api.unmergeProfiles, async ({ ctx, params, body }) => {
      const profileId = await requireProfileId(ctx, params.id);
      const mergeId = parsePublicId('mrg', body.merge);
      const restored = await unmergeProfiles(ctx, reshaper, { profileId, mergeId });
      return { profileId: publicId('prf', profileId), restoredProfileId: publicId('prf', restored) };
    });

    serve(api.rebuildProfile, async ({ ctx, params }) =>
      rebuildProfile(ctx, reshaper, await requireProfileId(ctx, params.id)),
    );

    serve(api.listIdentityConflicts, async ({ ctx, query }) => {
      const rows = await listConflictRows(ctx.sql, ctx.workspaceId, {
        status: query.status,
        reason: query.reason,
        before: decodeCursor(query.cursor, ['instant', 'uuid']) as [string, string] | undefined,
        limit: query.limit + 1,
      });
      const page = toPage(rows, {
        limit: query.limit,
        keyOf: (row) => [row.found_at.toISOString(), row.id],
        present: (row) => row,
      });
      return { items: await presentConflicts(ctx, page.items), nextCursor: page.nextCursor };
    });

    serve(api.settleIdentityConflict, async ({ ctx, params, body }) => {
      const conflictId = requirePublicId('cfl', params.id);
      const settled = await settleConflict(ctx, reshaper, { conflictId, action: body.action });
      return (await presentConflicts(ctx, [settled]))[0]!;
    });
  };
}
