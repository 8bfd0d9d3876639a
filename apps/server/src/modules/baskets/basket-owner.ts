import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import type { Who } from '../events/index.ts';
import { findIdentifierNodes, holdProfiles, type Identifier, identifierReaderOf } from '../profiles/index.ts';
import type { BasketOwner } from './basket.ts';

type OwnerCtx = Pick<TxCtx, 'sql' | 'workspaceId' | 'keysOf' | 'postgres'>;

/** Who a call names. Undefined: it names nobody. An identifier may be said before its profile is there: it waits for it. */
export async function findOwner(
  ctx: TxCtx,
  named: { profileId?: string | undefined; identifier?: string | undefined },
): Promise<BasketOwner | undefined> {
  if (named.profileId === undefined && named.identifier === undefined) return undefined;
  const ids = named.profileId === undefined ? [] : [requirePublicId('prf', named.profileId)];
  const identifier = named.identifier === undefined ? undefined : await readIdentifier(ctx, named.identifier);
  const { ofIds, ofIdentifiers } = await holdProfiles(ctx, { profileIds: ids, identifiers: [identifier] });
  const found = ids.length > 0 ? ofIds[0] : ofIdentifiers[0];
  if (found !== undefined) return found;
  if (identifier !== undefined && ids.length === 0) {
    const keys = await ctx.keysOf(ctx.workspaceId);
    const [node] = await findIdentifierNodes({ sql: ctx.sql, workspaceId: ctx.workspaceId, keys }, [identifier]);
    if (node !== undefined) return { profileId: null, node };
  }
  const [field, message] =
    ids.length > 0
      ? ['profileId', 'names no profile']
      : ['identifier', 'nobody is known by it yet; send an identify of the customer first'];
  throw new AppError('invalid', 'The basket is nobody’s', { details: [{ field, message }] });
}

export async function readIdentifier(ctx: Pick<Ctx, 'postgres' | 'workspaceId'>, text: string): Promise<Identifier> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const [, type = 'email', value = text] = /^([A-Za-z][\w.]*):(.+)$/s.exec(text) ?? [];
  const kind = reader.kindOfType(type) ?? reader.kindOfType(type.toLowerCase());
  const read = kind === undefined ? undefined : reader.read(kind, value);
  if (read !== undefined) return read;
  throw new AppError('invalid', 'The basket is nobody’s', {
    details: [{ field: 'identifier', message: 'names nobody; write kind:value, like "loyaltyId:4711"' }],
  });
}

/**
 * The profile a device belongs to, as far as it is known. It is whose the basket is for rules and staff and no more: a device may
 * say any id, so nothing of a profile is ever told to it for that.
 */
export async function findDeviceOwner(ctx: OwnerCtx, anonymousId: string | undefined): Promise<BasketOwner> {
  const reader = anonymousId === undefined ? undefined : await identifierReaderOf(ctx, ctx.workspaceId);
  const read = reader?.read('anonymousId', anonymousId);
  if (read === undefined) return { profileId: null, node: null };
  const { ofIdentifiers } = await holdProfiles(ctx, { profileIds: [], identifiers: [read] });
  if (ofIdentifiers[0] !== undefined) return ofIdentifiers[0];
  const keys = await ctx.keysOf(ctx.workspaceId);
  const [node] = await findIdentifierNodes({ sql: ctx.sql, workspaceId: ctx.workspaceId, keys }, [read]);
  return { profileId: null, node: node ?? null };
}

/** Whom shops say carts are of: whoever is known by more than a device. In their order; undefined: nobody known. */
export async function findToldOwners(
  ctx: OwnerCtx,
  told: readonly Who[],
): Promise<((BasketOwner & { readonly profileId: string }) | undefined)[]> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const identifiersOf = ({ userId, email, phone, externalIds = [] }: Who): Identifier[] => {
    const said: (readonly [string | undefined, string | undefined])[] = [
      ['userId', userId],
      ...externalIds.map(({ type, id }) => [reader.kindOfType(type), id] as const),
      ['email', email],
      ['phone', phone],
    ];
    return said.flatMap(([kind, value]) =>
      kind === undefined || value === undefined || kind === 'anonymousId' ? [] : (reader.read(kind, value) ?? []),
    );
  };
  const identifiers = told.map(identifiersOf);
  const flat = identifiers.flat();
  if (flat.length === 0) return told.map(() => undefined);
  const { ofIdentifiers } = await holdProfiles(ctx, { profileIds: [], identifiers: flat });
  let place = 0;
  return identifiers.map((own) => {
    const found = ofIdentifiers.slice(place, (place += own.length));
    return found.find((one) => one !== undefined);
  });
}

/** Whether what is linked to a customer is not this one's. Pure. */
export function isAnothers(kept: BasketOwner & { readonly isLinked: boolean }, owner: BasketOwner): boolean {
  if (!kept.isLinked) return false;
  return kept.profileId === null ? kept.node !== owner.node : kept.profileId !== owner.profileId;
}
