import { api, type BodyOf } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import type { Routes } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { findProfileId, requireProfileId } from '../../profiles/index.ts';
import { type BasketOwner, basketTx } from '../basket.ts';
import { findOwner, readIdentifier } from '../basket-owner.ts';
import { linkPreferences, openPreferences, shutDevicesOut } from './link-preferences.ts';
import type { PreferenceWord } from './preference.ts';
import { preferencesOf } from './read-preferences.ts';
import { sayOfCustomer } from './say-preferences.ts';
import { findSetByToken } from './set-store.ts';

/** What customers prefer, for tills, apps' servers and staff. */
export const preferenceRoutes: Routes = (serve) => {
  serve(api.getPreferences, async ({ ctx, query: { profileId, identifier } }) => {
    if (profileId !== undefined) return read(ctx, { profileId: await requireProfileId(ctx, profileId), node: null });
    if (identifier === undefined) throw nobodys();
    const found = await findProfileId(ctx, await readIdentifier(ctx, identifier));
    return read(ctx, { profileId: found ?? null, node: null });
  });

  serve(api.setPreferences, async ({ ctx, body: { changes, device, ...named } }) => {
    const owner = await requireOwner(ctx, named);
    await sayOfCustomer(basketTx(ctx), owner, { words: wordsOf(changes), by: device });
    const detail = { names: changes.map(({ name }) => name).join(' ') };
    await recordAudit(ctx, { action: 'preferences.changed', subject: subjectOf(owner), detail });
    return read(ctx, owner);
  });

  serve(api.openPreferences, async ({ ctx, body }) => {
    const owner = await requireOwner(ctx, body);
    const { token } = await openPreferences(basketTx(ctx), { owner, isLinked: true });
    await recordAudit(ctx, { action: 'preferences.opened', subject: subjectOf(owner) });
    return { token, preferences: await read(ctx, owner) };
  });

  serve(api.linkPreferences, async ({ ctx, body: { token, ...named } }) => {
    const owner = await requireOwner(ctx, named);
    const set = await findSetByToken(ctx.sql, ctx.workspaceId, token);
    if (set === undefined) throw new AppError('not_found', 'The token leads to no preferences');
    if (!(await linkPreferences(basketTx(ctx), set.id, owner))) {
      throw new AppError('conflict', 'The device is another customer’s', {
        details: [{ field: 'token', message: 'is of somebody else’s device; open a new one for this customer' }],
      });
    }
    await recordAudit(ctx, { action: 'preferences.linked', subject: subjectOf(owner) });
    return read(ctx, owner);
  });

  serve(api.renewPreferenceTokens, async ({ ctx, body }) => {
    const owner = await requireOwner(ctx, body);
    const shutOut = await shutDevicesOut(basketTx(ctx), owner);
    await recordAudit(ctx, { action: 'preference_tokens.renewed', subject: subjectOf(owner), detail: { shutOut } });
    return { shutOut };
  });
};

/** As they are said, of a call. */
export function wordsOf(changes: BodyOf<typeof api.setPreferences>['changes']): PreferenceWord[] {
  return changes.map(({ name, value, at }) => ({
    name,
    value,
    saidAtMs: at === undefined ? undefined : Date.parse(at),
  }));
}

async function requireOwner(
  ctx: TxCtx,
  named: { profileId?: string | undefined; identifier?: string | undefined },
): Promise<BasketOwner> {
  const owner = await findOwner(ctx, named);
  if (owner === undefined) throw nobodys();
  return owner;
}

async function read({ sql, workspaceId }: Ctx, owner: BasketOwner) {
  const { preferences, entries, ...rest } = await preferencesOf(sql, workspaceId, owner);
  return { ...rest, preferences: { ...preferences }, entries: [...entries] };
}

function subjectOf({ profileId, node }: BasketOwner): string {
  return profileId === null ? `node ${node}` : publicId('prf', profileId);
}

function nobodys(): AppError {
  return new AppError('invalid', 'It is not said whose preferences', {
    details: [{ field: 'identifier', message: 'give profileId or identifier' }],
  });
}
