import { allows, type ImportKind } from '@segue/contract';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';

/** Refuses a kind this caller may not write by itself either: a file of consents says a yes for everybody in it. */
export function requireKind({ actor }: Pick<Ctx, 'actor'>, kind: ImportKind): void {
  if (kind !== 'consents' || actor.kind === 'system' || allows(actor.scopes, 'consent:write')) return;
  throw new AppError('forbidden', 'Importing consents takes more than imports:write', {
    details: [{ field: 'kind', message: 'use a key with the scope consent:write too' }],
  });
}
