import { open } from '../../platform/crypto/index.ts';
import type { Ctx } from '../../platform/context.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { namesHer, type PersonalDataKeeper } from '../../platform/personal-data/index.ts';
import { eraseFromFiles } from './imports/erase-from-files.ts';
import { dropFromListings } from './imports/listing-store.ts';
import { deleteRejects, listRejecting, pageRejects } from './imports/reject-store.ts';

const PAGE_ROWS = 1_000;

/**
 * Uploaded files that are not imported yet, and rows that could not be. Exports keep nothing: their files are made while they
 * are read.
 */
export const transfersPersonalData: PersonalDataKeeper = {
  name: 'transfers',
  untold: {
    data_import_piece: 'a file on its way in: each of its rows is told as the event it becomes',
    data_import_listing: 'who is to be put on a list in a moment: the list itself is told',
    data_import_reject: 'told as it stands in the file, below',
  },
  async *export(ctx, subject) {
    for await (const { importId, line, text } of rejectsNaming(ctx, subject.values)) {
      yield { kind: 'rejectedRow', data: { importId, line, row: text } };
    }
  },
  async erase(ctx: TxCtx, subject) {
    let rows = await dropFromListings(ctx.sql, ctx.workspaceId, subject.nodes);
    if (subject.values.length === 0) return { rows };
    rows += await eraseFromFiles(ctx, subject.values);
    for await (const { importId, line } of rejectsNaming(ctx, subject.values)) {
      rows += await deleteRejects(ctx.sql, { workspaceId: ctx.workspaceId, importId }, [line]);
    }
    return { rows };
  },
};

async function* rejectsNaming(ctx: Ctx, values: readonly string[]) {
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  for (const importId of await listRejecting(ctx.sql, ctx.workspaceId)) {
    for await (const rows of rejectPages(ctx, importId)) {
      const told = rows.map(({ line, sealed }) => ({
        importId,
        line,
        text: sealed === null ? '' : open(wrapping, sealed).toString('utf8'),
      }));
      yield* told.filter(({ text }) => namesHer(text, values));
    }
  }
}

async function* rejectPages(ctx: Ctx, importId: string) {
  for (let afterLine = 0; ;) {
    const page = { afterLine, limit: PAGE_ROWS };
    const rows = await pageRejects(ctx.sql, { workspaceId: ctx.workspaceId, importId }, page);
    yield rows;
    if (rows.length < PAGE_ROWS) return;
    afterLine = rows.at(-1)!.line;
  }
}
