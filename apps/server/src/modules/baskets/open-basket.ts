import { randomBytes } from 'node:crypto';
import type { BasketKind } from '@segue/contract';
import { newUuid } from '../../platform/ids/index.ts';
import { noteFacts } from '../profiles/index.ts';
import type { Basket, BasketOwner, BasketTx } from './basket.ts';
import { insertBaskets, listOwn, lockOwners } from './basket-store.ts';

export interface NewBasket {
  readonly kind: BasketKind;
  readonly owner: BasketOwner;
  readonly isLinked: boolean;
  readonly channel: string;
  readonly source: string;
  readonly sourceRef?: string;
  readonly currency?: string | null;
  readonly name?: string | null;
}

/** Nobody guesses it: 192 random bits. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Not stored yet. */
export function newBasket(nowMs: number, given: NewBasket): Basket {
  const { kind, owner, isLinked, channel, source, sourceRef = null, currency = null, name = null } = given;
  return {
    ...{ id: newUuid(nowMs), kind, token: newToken(), ...owner, isLinked, channel, source, sourceRef, currency, name },
    ...{ state: 'active', mergedInto: null, shareToken: null, isHeld: false, version: 1, sourceAtMs: null },
    ...{ createdAtMs: nowMs, updatedAtMs: nowMs, lines: new Map() },
  };
}

/** Opens a basket; a customer who has one of the kind keeps it. */
export async function openBasket(tx: BasketTx, given: NewBasket): Promise<{ id: string; isNew: boolean }> {
  const { sql, workspaceId, now } = tx;
  const { profileId } = given.owner;
  if (given.isLinked && profileId !== null) {
    await lockOwners(sql, workspaceId, [profileId]);
    const own = (await listOwn(sql, workspaceId, [profileId])).find(({ kind }) => kind === given.kind);
    if (own !== undefined) return { id: own.id, isNew: false };
  }
  const basket = newBasket(now, given);
  await insertBaskets(sql, workspaceId, [basket]);
  if (profileId !== null) await noteFacts(tx, [profileId], ['$baskets']);
  return { id: basket.id, isNew: true };
}
