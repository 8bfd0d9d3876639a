import type { Ctx } from '../../../platform/context.ts';
import { INTAKE_LOG, inTransaction, readPositions } from '../../../platform/eventlog/index.ts';
import type { WorkspaceKeys } from '../../../platform/crypto/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';
import type { ReadEvent } from '../../events/index.ts';
import { findIdentifierNodes } from '../../profiles/index.ts';
import { putNodesOnList } from '../../segments/index.ts';
import { type ImportRow, moveImport } from './import-store.ts';
import { type Border, dropListing, insertListing, setBorders, takeListing } from './listing-store.ts';

/** Put on the list in one transaction. */
const PAGE_NODES = 1_000;
/** Of one round. */
const PAGES = 20;

export type Filled =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'some'; readonly nodes: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'noList' }
  | { readonly kind: 'takenAway' };

/**
 * Notes whom some rows are about, by the strongest identifier of each that leads to somebody. In the transaction that takes
 * the rows, when intake has made their nodes.
 */
export async function noteListing(
  sql: Sql,
  row: Pick<ImportRow, 'workspace_id' | 'id'>,
  { events, keys }: { events: readonly ReadEvent[]; keys: WorkspaceKeys },
): Promise<void> {
  const identifiers = events.flatMap((event) => event.identifiers);
  const nodes = await findIdentifierNodes({ sql, workspaceId: row.workspace_id, keys }, identifiers);
  let at = 0;
  const strongest = events.map((event) => {
    const own = nodes.slice(at, (at += event.identifiers.length));
    return own.find((node) => node !== undefined);
  });
  const known = strongest.filter((node) => node !== undefined);
  await insertListing(sql, row, [...new Set(known)]);
}

/** Every row is taken: notes how far the logs reach. Answers false when the import is somebody else's by now. */
export async function beginFilling(ctx: Ctx, row: ImportRow, owner: string): Promise<boolean> {
  const positions = await readPositions(ctx.sql, 'processor');
  const borders = positions
    .filter(({ log }) => log === INTAKE_LOG)
    .map(({ log, lane, head }): Border => ({ log, lane, head }));
  return setBorders(ctx.sql, row, { owner, borders });
}

/**
 * Puts the profiles of an import on its list, once all its rows are processed; whom a row made nobody, like somebody erased
 * meanwhile, is left out. What is put and what is still to be put are of one transaction.
 */
export async function fillList(
  ctx: Ctx,
  row: ImportRow & { list_id: string; borders: readonly Border[] },
  owner: string,
): Promise<Filled> {
  if (!(await isProcessed(ctx, row.borders))) return { kind: 'waiting' };
  let nodes = 0;
  for (let page = 0; page < PAGES; page++) {
    const put = await putPage(ctx, row, owner);
    if (typeof put === 'string') return { kind: put };
    if (put === 0) return { kind: 'all' };
    nodes += put;
  }
  return { kind: 'some', nodes };
}

async function isProcessed(ctx: Ctx, borders: readonly Border[]): Promise<boolean> {
  const positions = await readPositions(ctx.sql, 'processor');
  const seqs = new Map(positions.map(({ log, lane, seq }) => [`${log} ${lane}`, seq]));
  return borders.every(({ log, lane, head }) => (seqs.get(`${log} ${lane}`) ?? 0) >= head);
}

/** Answers how many it took off what is to be put. */
function putPage(
  ctx: Ctx,
  row: ImportRow & { list_id: string },
  owner: string,
): Promise<number | 'noList' | 'takenAway'> {
  return inTransaction(ctx, async (ctx) => {
    const { place, lines } = row;
    if (!(await moveImport(ctx.sql, row, { owner, place, lines, read: 0, accepted: 0, rejected: 0 }))) {
      return 'takenAway';
    }
    const nodes = await takeListing(ctx.sql, row, PAGE_NODES);
    if (nodes.length === 0) return 0;
    const put = await putNodesOnList(ctx, { listId: row.list_id, nodes });
    if (put.kind === 'put') return nodes.length;
    await dropListing(ctx.sql, row);
    return 'noList';
  });
}
