import { endErasure, eraseProfile, exportProfile } from '../modules/privacy/index.ts';
import { listProfilesOnlyFrom } from '../modules/events/index.ts';
import type { RequestWork } from '../modules/privacy/index.ts';
import { rebuildProfile, suppressIdentifiers } from '../modules/profiles/index.ts';
import type { Reshaper } from '../platform/eventlog/index.ts';
import { PERSONAL_DATA } from './privacy.ts';

/** What privacy requests ask of the modules. */
export function createRequestWork(reshaper: Reshaper): RequestWork {
  return {
    rebuild: (ctx, profileId) => rebuildProfile(ctx, reshaper, profileId),
    listKnownOnlyFrom: (ctx, page) => listProfilesOnlyFrom(ctx.history, { workspaceId: ctx.workspaceId, ...page }),
    erasing: {
      erase: (ctx, profileId) => eraseProfile(ctx, PERSONAL_DATA, profileId),
      end: endErasure,
      suppress: suppressIdentifiers,
    },
    exporting: { export: (ctx, profileId) => exportProfile(ctx, PERSONAL_DATA, profileId) },
  };
}
