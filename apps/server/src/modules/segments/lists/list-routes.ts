import { api, LIST_IMPORT_MAX, type ManualList } from '@segue/contract';
import type { FastifyInstance } from 'fastify';
import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { requireProfileId } from '../../profiles/index.ts';
import { addListMembers, importListMembers, removeListMember } from './change-list-members.ts';
import { archiveList, createList, getList, renameList } from './change-lists.ts';
import { countListMembers, pageListMembers } from './list-member-store.ts';
import { type ListRow, pageLists } from './list-store.ts';
import { readListCsv } from './read-list-csv.ts';

/** `LIST_IMPORT_MAX` rows of a few columns. */
const IMPORT_BYTES_MAX = 4 * 1024 * 1024;

/** Manual lists, and who is on them. */
export const listRoutes: Routes = (serve, app) => {
  takeCsv(app);

  serve(api.createList, async ({ ctx, body }) => presentList(await createList(ctx, body), 0));

  serve(api.listLists, async ({ ctx, query: { limit, cursor } }) => {
    const rows = await pageLists(ctx.sql, ctx.workspaceId, { limit: limit + 1, beforeId: idOfCursor(cursor) });
    const ids = rows.map((row) => row.id);
    const counts = await countListMembers(ctx.sql, ctx.workspaceId, ids);
    const present = (row: ListRow) => presentList(row, counts.get(row.id) ?? 0);
    return toPage(rows, { limit, keyOf: (row) => [row.id], present });
  });

  serve(api.getList, async ({ ctx, params }) => presentCounted(ctx, await getList(ctx, idOf(params))));

  serve(api.renameList, async ({ ctx, params, body: { name } }) =>
    presentCounted(ctx, await renameList(ctx, { id: idOf(params), name })),
  );

  serve(api.archiveList, ({ ctx, params }) => archiveList(ctx, idOf(params)));

  serve(api.listListMembers, async ({ ctx, params, query: { limit, cursor } }) => {
    const { id: listId } = await getList(ctx, idOf(params));
    const page = { listId, afterId: idOfCursor(cursor), limit: limit + 1 };
    return toPage(await pageListMembers(ctx.sql, ctx.workspaceId, page), {
      limit,
      keyOf: (row) => [row.profile_id],
      present: (row) => ({ profileId: publicId('prf', row.profile_id), addedAt: row.added_at.toISOString() }),
    });
  });

  serve(api.addListMembers, ({ ctx, params, body }) => addListMembers(ctx, { listId: idOf(params), body }));

  serve(api.removeListMember, async ({ ctx, params }) => {
    const profileId = await requireProfileId(ctx, params.profileId);
    await removeListMember(ctx, { listId: idOf(params), profileId });
  });

  serve(api.importListMembers, ({ ctx, params, body: { rows } }) =>
    importListMembers(ctx, { listId: idOf(params), rows }),
  );
};

function takeCsv(app: FastifyInstance): void {
  const options = { parseAs: 'string', bodyLimit: IMPORT_BYTES_MAX } as const;
  app.addContentTypeParser('text/csv', options, async (_request: unknown, body: string) => {
    const read = readListCsv(body);
    if (read.kind === 'rows' && read.rows.length <= LIST_IMPORT_MAX) return { rows: read.rows };
    const message =
      read.kind === 'rows' ? `has ${read.rows.length} rows; give at most ${LIST_IMPORT_MAX} at a time` : read.message;
    throw new AppError('invalid', 'The request cannot be read', {
      details: [{ field: '', message: `the CSV ${message}` }],
    });
  });
}

function idOf({ id }: { id: string }): string {
  return requirePublicId('lst', id);
}

function idOfCursor(cursor: string | undefined): string | null {
  const key = decodeCursor(cursor, ['uuid'])?.[0];
  return key === undefined ? null : String(key);
}

async function presentCounted(ctx: Ctx, list: ListRow): Promise<ManualList> {
  const counts = await countListMembers(ctx.sql, ctx.workspaceId, [list.id]);
  return presentList(list, counts.get(list.id) ?? 0);
}

function presentList({ id, name, created_at: createdAt }: ListRow, members: number): ManualList {
  return { id: publicId('lst', id), name, members, createdAt: createdAt.toISOString() };
}
