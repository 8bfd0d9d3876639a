import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { parsePublicId } from '../../../platform/ids/index.ts';
import { type HeldProfile, holdProfiles, identifierReaderOf } from '../../profiles/index.ts';

/** Whom an alert is for: she must be known, since nobody else could be told. */
export async function findAlertOwner(
  ctx: TxCtx,
  named: { profileId?: string | undefined; identifier?: string | undefined },
): Promise<HeldProfile> {
  const { identifier } = named;
  const id = named.profileId === undefined ? undefined : parsePublicId('prf', named.profileId);
  const read = identifier === undefined ? undefined : await readIdentifier(ctx, identifier);
  const { ofIds, ofIdentifiers } = await holdProfiles(ctx, {
    profileIds: id === undefined ? [] : [id],
    identifiers: [read],
  });
  const owner = ofIds[0] ?? ofIdentifiers[0];
  if (owner !== undefined) return owner;
  throw noOwner(
    identifier === undefined
      ? { field: 'profileId', message: 'names no profile' }
      : { field: 'identifier', message: 'nobody is known by it yet; send an identify of the customer first' },
  );
}

async function readIdentifier(ctx: TxCtx, text: string) {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const [, type = 'email', value = text] = /^([A-Za-z][\w.]*):(.+)$/s.exec(text) ?? [];
  const kind = reader.kindOfType(type) ?? reader.kindOfType(type.toLowerCase());
  const read = kind === undefined ? undefined : reader.read(kind, value);
  if (read !== undefined) return read;
  throw noOwner({ field: 'identifier', message: 'names nobody; write kind:value, like "loyaltyId:4711"' });
}

function noOwner(detail: { field: string; message: string }): AppError {
  return new AppError('invalid', 'The alert is nobody’s', { details: [detail] });
}
