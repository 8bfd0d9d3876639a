import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import type { Who } from '../events/index.ts';
import { holdProfiles, identifierReaderOf, listIdentifiers } from '../profiles/index.ts';
import type { OrderOwner } from './order-book.ts';

/** What an order needs of its customer: whose it is, and by what the log finds her again. */
export interface Customer {
  readonly owner: OrderOwner | undefined;
  readonly who: Who;
}

/** A profile that is named must be there; by an identifier nobody was known by she becomes known through the order. */
export async function findCustomer(
  ctx: TxCtx,
  named: { profileId?: string | undefined; identifier?: string | undefined },
): Promise<Customer> {
  if (named.profileId === undefined && named.identifier === undefined) return { owner: undefined, who: {} };
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const given = named.identifier === undefined ? undefined : readNamed(named.identifier, reader);
  const ids = named.profileId === undefined ? [] : [requirePublicId('prf', named.profileId)];
  const { ofIds, ofIdentifiers } = await holdProfiles(ctx, { profileIds: ids, identifiers: [given] });
  if (ids.length > 0 && ofIds[0] === undefined) {
    throw new AppError('invalid', 'The order is nobody’s', {
      details: [{ field: 'profileId', message: 'names no profile; leave it out, or give an identifier' }],
    });
  }
  const owner = ofIds[0] ?? ofIdentifiers[0];
  const known = owner === undefined ? [] : await listIdentifiers(ctx, owner.profileId);
  const told = given === undefined ? known : [given, ...known];
  return { owner, who: whoOf(told) };
}

function readNamed(text: string, reader: Awaited<ReturnType<typeof identifierReaderOf>>) {
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
