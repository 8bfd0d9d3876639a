import { allows } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { createList, findListCalled } from '../../segments/index.ts';
import type { ImportRow } from './import-store.ts';

const FIELD = 'options.list';
const ID = /^lst_[0-9a-f]{32}$/i;

type Asked = Pick<ImportRow, 'kind' | 'options'>;

/** Refuses a list this caller, this kind of import or this workspace cannot have. Makes none. */
export async function requireList(ctx: Ctx, { kind, options: { list: called } }: Asked): Promise<void> {
  if (called === undefined) return;
  if (kind !== 'profiles') throw wrong(`belongs to an import of profiles; leave it out of one of ${kind}`);
  const { actor } = ctx;
  if (actor.kind !== 'system' && !allows(actor.scopes, 'segments:write')) {
    throw new AppError('forbidden', 'Putting profiles on a list takes more than imports:write', {
      details: [{ field: FIELD, message: 'use a key with the scope segments:write too, or leave it out' }],
    });
  }
  if (ID.test(called) && (await findListCalled(ctx, called)) === undefined) {
    throw wrong('is no list of this workspace; give the id of one, lst_ and 32 hex digits, or a name');
  }
}

/** The list an import starts with; one of a name nobody has is made. */
export async function openList(ctx: TxCtx, asked: Asked): Promise<string | null> {
  const { list: called } = asked.options;
  if (called === undefined) return null;
  await requireList(ctx, asked);
  const list = (await findListCalled(ctx, called)) ?? (await createList(ctx, { name: called }));
  return list.id;
}

function wrong(message: string): AppError {
  return new AppError('invalid', 'The import does not fit', { details: [{ field: FIELD, message }] });
}
