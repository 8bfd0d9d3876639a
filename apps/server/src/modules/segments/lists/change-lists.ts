import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid, parsePublicId, publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { listActiveSegments } from '../segment-store.ts';
import {
  archiveListRow,
  findList,
  findListNamed,
  insertList,
  type ListRow,
  lockList,
  renameListRow,
} from './list-store.ts';
import { readsList } from './reads-list.ts';

/** Makes an empty list; a name that is taken is a conflict. */
export async function createList(ctx: TxCtx, { name }: { name: string }): Promise<ListRow> {
  const id = newUuid(ctx.clock.now());
  const at = new Date(ctx.clock.now());
  if (!(await insertList(ctx.sql, ctx.workspaceId, { id, name, at }))) throw nameTaken();
  await recordAudit(ctx, { action: 'list.created', subject: publicId('lst', id) });
  return { id, name, created_at: at };
}

/** The list with this public id or name; undefined: there is none. Names are one in upper and lower case. */
export async function findListCalled(
  ctx: Pick<Ctx, 'sql' | 'workspaceId'>,
  called: string,
): Promise<ListRow | undefined> {
  const id = parsePublicId('lst', called);
  return id === undefined ? findListNamed(ctx.sql, ctx.workspaceId, called) : findList(ctx.sql, ctx.workspaceId, id);
}

/** Rules name lists by their id: nothing else changes. */
export async function renameList(ctx: TxCtx, { id, name }: { id: string; name: string }): Promise<ListRow> {
  const list = await lockList(ctx.sql, ctx.workspaceId, id);
  if (list === undefined) throw noList();
  if (!(await renameListRow(ctx.sql, ctx.workspaceId, { id, name }))) throw nameTaken();
  await recordAudit(ctx, { action: 'list.renamed', subject: publicId('lst', id) });
  return { ...list, name };
}

/** Forgets who is on it. Refused while a rule asks for it. */
export async function archiveList(ctx: TxCtx, id: string): Promise<void> {
  const list = await lockList(ctx.sql, ctx.workspaceId, id);
  if (list === undefined) throw noList();
  const active = await listActiveSegments(ctx.sql, ctx.workspaceId);
  const asking = active.filter(({ rule, next_rule: next }) =>
    [rule, ...(next === null ? [] : [next])].some((one) => readsList(one, publicId('lst', id))),
  );
  if (asking.length > 0) {
    const names = asking.map((segment) => `"${segment.name}" (${publicId('seg', segment.id)})`).join(', ');
    throw new AppError('conflict', 'Rules of segments ask for this list', {
      details: [{ field: 'id', message: `archive these segments first, or change their rules: ${names}` }],
    });
  }
  await archiveListRow(ctx.sql, ctx.workspaceId, { id, at: new Date(ctx.clock.now()) });
  await recordAudit(ctx, { action: 'list.archived', subject: publicId('lst', id) });
}

/** The list, or `not_found`. */
export async function getList(ctx: Pick<Ctx, 'sql' | 'workspaceId'>, id: string): Promise<ListRow> {
  const list = await findList(ctx.sql, ctx.workspaceId, id);
  if (list === undefined) throw noList();
  return list;
}

export function noList(): AppError {
  return new AppError('not_found', 'There is no such list');
}

function nameTaken(): AppError {
  return new AppError('conflict', 'Another list has this name', {
    details: [{ field: 'name', message: 'choose a name that is not taken' }],
  });
}
