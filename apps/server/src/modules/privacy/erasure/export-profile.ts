import type { Ctx } from '../../../platform/context.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { PersonalDataKeeper } from '../../../platform/personal-data/index.ts';
import { findPersonalSubject } from './personal-subject.ts';

/** Everything every module keeps of a customer, item by item. */
export async function* exportProfile(
  ctx: Ctx,
  keepers: readonly PersonalDataKeeper[],
  profileId: string,
): AsyncIterable<JsonObject> {
  const subject = await findPersonalSubject(ctx, profileId);
  if (subject === undefined) return;
  for (const keeper of keepers) {
    for await (const { kind, data } of keeper.export(ctx, subject)) yield { module: keeper.name, kind, data };
  }
}
