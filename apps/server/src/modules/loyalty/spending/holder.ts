import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import {
  findIdentifierNodes,
  type HeldProfile,
  holdProfiles,
  type Identifier,
  identifierReaderOf,
  ownersOfNodes,
  requireProfileId,
} from '../../profiles/index.ts';

export interface HolderWish {
  readonly profileId?: string | undefined;
  readonly identifier?: string | undefined;
}

/** Whose points these are; they stay hers until the transaction ends. `at`: where in the body it was said. */
export async function holdHolders(
  ctx: TxCtx,
  wishes: readonly { readonly wish: HolderWish; readonly at?: string }[],
): Promise<HeldProfile[]> {
  const places = wishes.map(({ at }) => (at === undefined ? '' : `${at}.`));
  const profileIds: string[] = [];
  const identifiers: (Identifier | undefined)[] = [];
  for (const [n, { wish }] of wishes.entries()) {
    const field = `${places[n]}profileId`;
    if (wish.profileId !== undefined) profileIds.push(await requireProfileId(ctx, wish.profileId, field));
    else identifiers.push(await readIdentifier(ctx, wish.identifier ?? '', `${places[n]}identifier`));
  }
  const { ofIds, ofIdentifiers } = await holdProfiles(ctx, { profileIds, identifiers });
  return wishes.map(({ wish }, n) => {
    const held = wish.profileId === undefined ? ofIdentifiers.shift() : ofIds.shift();
    if (held !== undefined) return held;
    throw nobody(`${places[n]}${wish.profileId === undefined ? 'identifier' : 'profileId'}`);
  });
}

/** Who is known by an identifier, or whom an id names; nobody is refused. */
export async function requireHolder(ctx: Ctx, { profileId, identifier }: HolderWish): Promise<string> {
  if (profileId !== undefined) return requireProfileId(ctx, profileId, 'profileId');
  const owner = await findHolder(ctx, identifier ?? '');
  if (owner === undefined) throw nobody('identifier');
  return owner;
}

/** Who is known by an identifier, like the number of a card. */
export async function findHolder(ctx: Ctx, identifier: string): Promise<string | undefined> {
  const read = await readIdentifier(ctx, identifier, 'identifier');
  const { sql, workspaceId } = ctx;
  const [node] = await findIdentifierNodes({ sql, workspaceId, keys: await ctx.keysOf(workspaceId) }, [read]);
  return node === undefined ? undefined : (await ownersOfNodes(sql, workspaceId, [node])).get(node);
}

function nobody(field: string): AppError {
  return new AppError('not_found', 'There is no such profile', {
    details: [{ field, message: 'leads to nobody; identify the customer first' }],
  });
}

const TYPED = /^\s*([A-Za-z][\w.]*):(.+)$/s;

async function readIdentifier(ctx: Ctx, text: string, field: string): Promise<Identifier> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const [, type = '', value = ''] = TYPED.exec(text) ?? [];
  const kind = reader.kindOfType(type) ?? type;
  const kinds = reader.rules.kinds.map((rule) => rule.kind);
  const identifier = kinds.includes(kind) ? reader.read(kind, value) : undefined;
  if (identifier !== undefined) return identifier;
  throw new AppError('invalid', 'The identifier names nobody', {
    details: [{ field, message: `write kind:value, with a kind of ${kinds.join(', ')}` }],
  });
}
