import type { Ctx } from '../../../platform/context.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { PersonalDataKeeper, PersonalSubject } from '../../../platform/personal-data/index.ts';
import { listIdentifiers } from '../../profiles/index.ts';
import { listRequestsAbout } from '../requests/request-store.ts';
import { requestHash } from '../requests/sealed-request.ts';
import { findPersonalSubject } from './personal-subject.ts';

/** Everything every module keeps of a customer, item by item; of each module also what it leaves out, and why. */
export async function* exportProfile(
  ctx: Ctx,
  keepers: readonly PersonalDataKeeper[],
  profileId: string,
): AsyncIterable<JsonObject> {
  const subject = await findPersonalSubject(ctx, profileId);
  if (subject === undefined) return;
  for (const keeper of keepers) {
    for await (const { kind, data } of keeper.export(ctx, subject)) yield { module: keeper.name, kind, data };
    yield { module: keeper.name, kind: 'leftOut', data: { ...keeper.untold } };
  }
  for (const data of await exportRequests(ctx, subject)) yield { module: 'privacy', kind: 'privacyRequest', data };
}

/** What she asked before, by whichever of her identifiers. */
async function exportRequests(ctx: Ctx, { profileId, profileIds }: PersonalSubject): Promise<JsonObject[]> {
  const keys = await ctx.keysOf(ctx.workspaceId);
  const hashes = (await listIdentifiers(ctx, profileId)).map((identifier) => requestHash(keys, identifier));
  const rows = await listRequestsAbout(ctx.sql, ctx.workspaceId, { profileIds, hashes });
  return rows.map((row) => ({
    ...{ id: publicId('prq', row.id), kind: row.kind, regulation: row.regulation, origin: row.origin },
    ...{ state: row.state, outcome: row.outcome, counts: row.counts },
    ...{ createdAt: row.created_at.toISOString(), dueAt: row.due_at.toISOString() },
    finishedAt: row.finished_at?.toISOString() ?? null,
  }));
}
