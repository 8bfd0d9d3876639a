import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { parsePublicId } from '../../../platform/ids/index.ts';
import {
  findIdentifierNodes,
  type HeldProfile,
  holdProfiles,
  type Identifier,
  identifierReaderOf,
  ownersOfNodes,
  requireProfileId,
} from '../../profiles/index.ts';

/** Who buys. */
export interface Buyer {
  readonly profileId: string | null;
  /** The identity node she is filed under. */
  readonly node: number | null;
  /** As she is named by the caller, also when nobody is known by it yet. */
  readonly email: string | undefined;
}

export interface BuyerWish {
  readonly profileId?: string | undefined;
  readonly identifier?: string | undefined;
}

export const NOBODY: Buyer = { profileId: null, node: null, email: undefined };

/** Finds who buys; an id that leads to nobody is `not_found`, an identifier that does is somebody new. */
export async function findBuyer(ctx: Ctx, wish: BuyerWish): Promise<Buyer> {
  if (wish.profileId !== undefined) {
    return { ...NOBODY, profileId: await requireProfileId(ctx, wish.profileId, 'profileId') };
  }
  if (wish.identifier === undefined) return NOBODY;
  const identifier = await readIdentifier(ctx, wish.identifier);
  const keys = await ctx.keysOf(ctx.workspaceId);
  const { sql, workspaceId } = ctx;
  const [node] = await findIdentifierNodes({ sql, workspaceId, keys }, [identifier]);
  if (node === undefined) return { ...NOBODY, email: emailOf(identifier) };
  const owners = await ownersOfNodes(sql, workspaceId, [node]);
  return { profileId: owners.get(node) ?? null, node, email: emailOf(identifier) };
}

/** As `findBuyer`; what is filed under her node in the same transaction follows her from then on. */
export async function holdBuyer(ctx: TxCtx, wish: BuyerWish): Promise<Buyer> {
  if (wish.profileId === undefined && wish.identifier === undefined) return NOBODY;
  const profileIds = wish.profileId === undefined ? [] : [await requireProfileId(ctx, wish.profileId, 'profileId')];
  const identifier = wish.profileId === undefined ? await readIdentifier(ctx, wish.identifier ?? '') : undefined;
  const { ofIds, ofIdentifiers } = await holdProfiles(ctx, { profileIds, identifiers: [identifier] });
  const held = ofIds[0] ?? ofIdentifiers[0];
  return { profileId: held?.profileId ?? null, node: held?.node ?? null, email: emailOf(identifier) };
}

/** As `holdBuyer`, many at once; who leads to nobody is nobody: what has happened is not refused for it. */
export async function holdBuyers(ctx: TxCtx, wishes: readonly BuyerWish[]): Promise<(HeldProfile | undefined)[]> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const ids = wishes.map(({ profileId }) => (profileId === undefined ? undefined : parsePublicId('prf', profileId)));
  const profileIds = [...new Set(ids.filter((id) => id !== undefined))];
  const identifiers = wishes.map(({ identifier }) => {
    const [, type = '', value = ''] = TYPED.exec(identifier ?? '') ?? [];
    return identifier === undefined ? undefined : reader.read(reader.kindOfType(type) ?? type, value);
  });
  if (profileIds.length === 0 && identifiers.every((one) => one === undefined)) return wishes.map(() => undefined);
  const { ofIds, ofIdentifiers } = await holdProfiles(ctx, { profileIds, identifiers });
  const heldOf = new Map(profileIds.map((id, at) => [id, ofIds[at]]));
  return ids.map((id, at) => (id === undefined ? ofIdentifiers[at] : heldOf.get(id)));
}

const TYPED = /^\s*([A-Za-z][\w.]*):(.+)$/s;

async function readIdentifier(ctx: Ctx, text: string): Promise<Identifier> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const [, type = '', value = ''] = TYPED.exec(text) ?? [];
  const kind = reader.kindOfType(type) ?? type;
  const kinds = reader.rules.kinds.map((rule) => rule.kind);
  const identifier = kinds.includes(kind) ? reader.read(kind, value) : undefined;
  if (identifier !== undefined) return identifier;
  throw new AppError('invalid', 'The identifier names nobody', {
    details: [{ field: 'identifier', message: `write kind:value, with a kind of ${kinds.join(', ')}` }],
  });
}

function emailOf(identifier: Identifier | undefined): string | undefined {
  return identifier?.kind === 'email' ? identifier.value : undefined;
}
