import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import type { Who } from '../events/index.ts';
import { type Identifier, holdProfiles, identifierReaderOf, listIdentifiersOf } from '../profiles/index.ts';
import type { OrderOwner } from './order-book.ts';
import { isClear, refusedOr } from './refused-or.ts';

/** What an order needs of its customer: whose it is, and by what the log finds her again. */
export interface Customer {
  readonly owner: OrderOwner | undefined;
  readonly who: Who;
}

/** How a call names its customer. */
export interface CustomerNamed {
  readonly profileId?: string | undefined;
  readonly identifier?: string | undefined;
}

/**
 * The customers of many orders, in their order. A profile that is named must be there; by an identifier nobody was known by she
 * becomes known through the order.
 */
export async function findCustomers(ctx: TxCtx, named: readonly CustomerNamed[]): Promise<(Customer | AppError)[]> {
  if (named.every(isNobody)) return named.map(() => NOBODY);
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const read = named.map((one) =>
    refusedOr(() => ({
      id: one.profileId === undefined ? undefined : requirePublicId('prf', one.profileId),
      given: one.identifier === undefined ? undefined : readNamed(one.identifier, reader),
    })),
  );
  const clear = read.filter(isClear);
  const ids = [...new Set(clear.flatMap(({ id }) => id ?? []))];
  const { ofIds, ofIdentifiers } = await holdProfiles(ctx, {
    profileIds: ids,
    identifiers: clear.map(({ given }) => given),
  });
  const ofId = new Map(ids.map((id, at) => [id, ofIds[at]]));
  const found = clear.map((one, at) => ({ ...one, owner: ofId.get(one.id ?? '') ?? ofIdentifiers[at] }));
  const owners = [...new Set(found.flatMap(({ owner }) => owner?.profileId ?? []))];
  const known = await listIdentifiersOf(ctx, owners, reader);
  const customerOf = new Map(
    found.map(({ id, given, owner }, at): [(typeof clear)[number], Customer | AppError] => {
      if (id !== undefined && ofId.get(id) === undefined) return [clear[at]!, noProfile()];
      const own = known.get(owner?.profileId ?? '') ?? [];
      return [clear[at]!, { owner, who: whoOf(given === undefined ? own : [given, ...own]) }];
    }),
  );
  return read.map((one) => (one instanceof AppError ? one : customerOf.get(one)!));
}

const NOBODY: Customer = { owner: undefined, who: {} };

function isNobody({ profileId, identifier }: CustomerNamed): boolean {
  return profileId === undefined && identifier === undefined;
}

function noProfile(): AppError {
  return new AppError('invalid', 'The order is nobody’s', {
    details: [{ field: 'profileId', message: 'names no profile; leave it out, or give an identifier' }],
  });
}

function readNamed(text: string, reader: Awaited<ReturnType<typeof identifierReaderOf>>): Identifier {
  const [, type = 'email', value = text] = /^([A-Za-z][\w.]*):(.+)$/s.exec(text) ?? [];
  const kind = reader.kindOfType(type) ?? reader.kindOfType(type.toLowerCase());
  const read = kind === undefined ? undefined : reader.read(kind, value);
  if (read !== undefined) return read;
  throw new AppError('invalid', 'The order is nobody’s', {
    details: [{ field: 'identifier', message: 'names nobody; write kind:value, like "email:ada@example.com"' }],
  });
}

/** The first of each kind: by the strongest of them she is found. */
function whoOf(identifiers: readonly { readonly kind: string; readonly value: string }[]): Who {
  const first = (kind: string) => identifiers.find((one) => one.kind === kind)?.value;
  const others = identifiers.filter(({ kind }) => !['userId', 'anonymousId', 'email', 'phone'].includes(kind));
  const named = others.filter((one, at) => others.findIndex((other) => other.kind === one.kind) === at);
  return {
    userId: first('userId'),
    anonymousId: first('anonymousId'),
    email: first('email'),
    phone: first('phone'),
    externalIds: named.length === 0 ? undefined : named.map(({ kind, value }) => ({ type: kind, id: value })),
  };
}
