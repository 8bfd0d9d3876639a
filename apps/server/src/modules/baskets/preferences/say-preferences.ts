import { AppError } from '../../../platform/errors.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import type { BasketOwner, BasketTx } from '../basket.ts';
import { newToken } from '../open-basket.ts';
import { joinPreferences, type Preference, type PreferenceWord, sayPreference } from './preference.ts';
import { listParts, putPreferences, readPreferences } from './preference-store.ts';
import { ensureApiSet, lockSets, touchSet } from './set-store.ts';

/** Given up ones count: they are kept for ever. */
const NAMES_MAX = 200;

export interface PreferencesWish {
  readonly words: readonly PreferenceWord[];
  readonly by: string;
  /** Of a guest's device, where its preferences are nobody's yet. */
  readonly device?: BasketOwner | undefined;
}

/** Says what a customer prefers, on a trusted word. */
export async function sayOfCustomer(tx: BasketTx, owner: BasketOwner, wish: PreferencesWish): Promise<void> {
  const { sql, workspaceId, now } = tx;
  const fresh = { id: newUuid(now), token: newToken(), ...owner, at: new Date(now) };
  await sayPreferences(tx, await ensureApiSet(sql, workspaceId, fresh), wish);
}

/**
 * Says what is preferred, in one place. Words are compared to all that its customer is known to have said, and kept where they
 * were said: what comes of them is decided upon reading. Answers false where there is no such place.
 */
export async function sayPreferences(
  tx: BasketTx,
  setId: string,
  { words, by, device }: PreferencesWish,
): Promise<boolean> {
  const { sql, workspaceId, now } = tx;
  const [set] = await lockSets(sql, workspaceId, [setId]);
  if (set === undefined) return false;
  const parts = (await listParts(sql, workspaceId, [setId])).get(setId) ?? [];
  const said = await readPreferences(sql, workspaceId, [...new Set([setId, ...parts.map(({ id }) => id)])]);
  const own = new Map(said.filter((preference) => preference.setId === setId).map((known) => [known.name, known]));
  const seen = new Map<string, Preference>(joinPreferences(said));
  const kept = new Map<string, Preference>(own);
  const changed = new Map<string, Preference>();
  for (const word of words) {
    const known = { own: kept.get(word.name), seen: seen.get(word.name) };
    const preference = sayPreference(known, { ...word, saidBy: by }, now);
    if (preference === undefined) continue;
    for (const map of [kept, changed]) map.set(word.name, preference);
    seen.set(
      word.name,
      joinPreferences(known.seen === undefined ? [preference] : [preference, known.seen]).get(word.name)!,
    );
  }
  const isNobodys = set.node === null && !set.isLinked && device !== undefined && device.node !== null;
  if (changed.size === 0 && !isNobodys) return true;
  if (kept.size > own.size) requireRoom(kept.size);
  await putPreferences(sql, workspaceId, { setId, preferences: [...changed.values()] });
  const owner = isNobodys ? device : { profileId: set.profileId, node: set.node };
  await touchSet(sql, workspaceId, { id: setId, owner, isLinked: set.isLinked, at: new Date(now) });
  return true;
}

function requireRoom(names: number): void {
  if (names <= NAMES_MAX) return;
  throw new AppError('conflict', 'There are too many preferences', {
    details: [
      { field: 'changes', message: `at most ${NAMES_MAX} names are kept, given up ones too; use those there are` },
    ],
  });
}
