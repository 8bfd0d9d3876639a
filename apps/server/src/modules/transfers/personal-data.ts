import { open } from '../../platform/crypto/index.ts';
import type { Ctx } from '../../platform/context.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import type { PersonalDataKeeper, PersonalSubject } from '../../platform/personal-data/index.ts';
import { identifierReaderOf } from '../profiles/index.ts';
import { eraseFromFiles } from './imports/erase-from-files.ts';
import { KeptRowReader } from './imports/kept-row-reader.ts';
import { dropFromListings } from './imports/listing-store.ts';
import { NameFinder } from './imports/name-finder.ts';
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
    data_import_order: 'which orders a file has had so far, by a hash of their numbers: each is told as its event',
    data_import_reject: 'told as it stands in the file, below',
  },
  async *export(ctx, subject) {
    const kept = await openKeptRows(ctx, subject);
    // What may be somebody else's is not told her.
    for await (const { importId, line, text } of rejects(ctx, (text) => kept.names(text))) {
      yield { kind: 'rejectedRow', data: { importId, line, row: text } };
    }
  },
  async erase(ctx: TxCtx, subject) {
    let rows = await dropFromListings(ctx.sql, ctx.workspaceId, subject.nodes);
    if (subject.identifiers.length === 0) return { rows };
    const reader = await identifierReaderOf(ctx, ctx.workspaceId);
    rows += await eraseFromFiles(ctx, new NameFinder(subject.identifiers, reader));
    const kept = await openKeptRows(ctx, subject);
    for await (const { importId, line } of rejects(ctx, (text) => kept.mayName(text))) {
      rows += await deleteRejects(ctx.sql, { workspaceId: ctx.workspaceId, importId }, [line]);
    }
    return { rows };
  },
};

async function openKeptRows(ctx: Ctx, { identifiers }: PersonalSubject): Promise<KeptRowReader> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  return new KeptRowReader(new NameFinder(identifiers, reader), reader);
}

async function* rejects(ctx: Ctx, isAsked: (text: string) => boolean) {
  const { wrapping } = await ctx.keysOf(ctx.workspaceId);
  for (const importId of await listRejecting(ctx.sql, ctx.workspaceId)) {
    for await (const rows of rejectPages(ctx, importId)) {
      const kept = rows.flatMap(({ line, sealed }) =>
        sealed === null ? [] : [{ importId, line, text: open(wrapping, sealed).toString('utf8') }],
      );
      yield* kept.filter(({ text }) => isAsked(text));
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
