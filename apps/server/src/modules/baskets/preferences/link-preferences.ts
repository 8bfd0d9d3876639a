import { newUuid } from '../../../platform/ids/index.ts';
import type { BasketOwner, BasketTx } from '../basket.ts';
import { isAnothers } from '../basket-owner.ts';
import { newToken } from '../open-basket.ts';
import { joinPreferences } from './preference.ts';
import { listPartsOf, putPreferences, readPreferences } from './preference-store.ts';
import { deleteSet, insertSet, lockSets, renewTokens, touchSet } from './set-store.ts';

/** A customer's devices that share; of more the one used longest ago goes, and what was said there is kept by the newest. */
const DEVICES_MAX = 50;

/** A place of its own for a device. Linked only on a trusted word. */
export async function openPreferences(
  tx: BasketTx,
  { owner, isLinked }: { owner: BasketOwner; isLinked: boolean },
): Promise<{ id: string; token: string }> {
  const { sql, workspaceId, now } = tx;
  const [id, token] = [newUuid(now), newToken()];
  await insertSet(sql, workspaceId, { id, token, ...owner, isLinked, at: new Date(now) });
  if (isLinked) await foldOldest(tx, id, owner);
  return { id, token };
}

/**
 * Makes what a guest prefers the customer's, on a word that is trusted. Nothing is copied: from then on both are read together.
 * False: it is another customer's own, or there is none; a device that changes hands hands nothing over.
 */
export async function linkPreferences(tx: BasketTx, setId: string, owner: BasketOwner): Promise<boolean> {
  const { sql, workspaceId, now } = tx;
  const [set] = await lockSets(sql, workspaceId, [setId]);
  if (set === undefined || isAnothers(set, owner)) return false;
  if (set.isLinked) return true;
  await touchSet(sql, workspaceId, { id: setId, owner, isLinked: true, at: new Date(now) });
  await foldOldest(tx, setId, owner);
  return true;
}

/** No token of a customer's devices leads anywhere any more. Answers how many did. */
export async function shutDevicesOut({ sql, workspaceId }: BasketTx, owner: BasketOwner): Promise<number> {
  const parts = await listPartsOf(sql, workspaceId, owner);
  const sets = await lockSets(
    sql,
    workspaceId,
    parts.map(({ id }) => id),
  );
  await renewTokens(
    sql,
    workspaceId,
    sets.map(({ id }) => ({ id, token: newToken() })),
  );
  return sets.filter(({ source }) => source === 'device').length;
}

async function foldOldest({ sql, workspaceId }: BasketTx, setId: string, owner: BasketOwner): Promise<void> {
  const parts = await listPartsOf(sql, workspaceId, owner);
  if (parts.length <= DEVICES_MAX) return;
  const others = parts.filter(({ id }) => id !== setId).map(({ id }) => id);
  const [oldest] = (await lockSets(sql, workspaceId, others.slice(0, 2))).filter(({ source }) => source === 'device');
  if (oldest === undefined) return;
  const said = await readPreferences(sql, workspaceId, [setId, oldest.id]);
  const preferences = [...joinPreferences(said).values()];
  await putPreferences(sql, workspaceId, { setId, preferences });
  await deleteSet(sql, workspaceId, oldest.id);
}
