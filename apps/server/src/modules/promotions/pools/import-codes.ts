import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { type HeldProfile, holdProfiles, identifierReaderOf } from '../../profiles/index.ts';
import { insertAssignments } from '../codes/assignment-store.ts';
import { insertCodes, type NewCode } from '../codes/code-store.ts';
import { noteCoupons } from '../profiles/note-coupons.ts';
import { noPool } from './change-pools.ts';
import { noteRefilled } from './fill-pool.ts';
import { addCodesToPool, lockPool, type PoolRow } from './pool-store.ts';
import { type CodeRowRead, type LineFault, readCodeRows } from './read-code-rows.ts';

const ERRORS_SHOWN_MAX = 1_000;

export interface Imported {
  readonly rows: number;
  readonly added: number;
  readonly failed: number;
  readonly errors: LineFault[];
}

/** Puts codes of a file into a pool; good rows are taken though others are not. */
export async function importCodes(
  ctx: TxCtx,
  { id, rows }: { id: string; rows: readonly Readonly<Record<string, unknown>>[] },
): Promise<Imported> {
  const { sql, workspaceId } = ctx;
  const pool = await lockPool(sql, workspaceId, id);
  if (pool === undefined) throw noPool();
  if (pool.source === 'shared') {
    throw new AppError('conflict', 'This pool has one shared code', {
      details: [{ field: 'id', message: 'make a pool of imported codes first' }],
    });
  }
  const { read, faults } = readCodeRows(rows);
  const { known, lost } = await findRecipients(ctx, read);
  const added = await add(ctx, pool, known);
  const taken = known.filter((_row, at) => !added.has(at)).map(({ row }) => takenAlready(row));
  const errors = [...faults, ...lost, ...taken].sort((a, b) => a.line - b.line);
  const counted = { rows: rows.length, added: added.size, failed: errors.length };
  await recordAudit(ctx, { action: 'coupons.imported', subject: publicId('cpl', id), detail: counted });
  return { ...counted, errors: errors.slice(0, ERRORS_SHOWN_MAX) };
}

function takenAlready({ line }: CodeRowRead): LineFault {
  return { line, message: 'there is such a code already, in this pool or another; leave it out' };
}

interface KnownRow {
  readonly row: CodeRowRead;
  readonly recipient: HeldProfile | undefined;
}

async function findRecipients(
  ctx: TxCtx,
  rows: readonly CodeRowRead[],
): Promise<{ known: KnownRow[]; lost: LineFault[] }> {
  const reader = await identifierReaderOf(ctx, ctx.workspaceId);
  const identifiers = rows.map(({ recipient }) => {
    const [, type = '', value = ''] = /^([A-Za-z][\w.]*):(.+)$/s.exec(recipient ?? '') ?? [];
    return recipient === undefined ? undefined : reader.read(reader.kindOfType(type) ?? type, value);
  });
  const isAsked = identifiers.some((one) => one !== undefined);
  const { ofIdentifiers } = isAsked ? await holdProfiles(ctx, { profileIds: [], identifiers }) : { ofIdentifiers: [] };
  const known: KnownRow[] = [];
  const lost: LineFault[] = [];
  for (const [at, row] of rows.entries()) {
    const recipient = ofIdentifiers[at];
    if (row.recipient === undefined || recipient !== undefined) known.push({ row, recipient });
    else lost.push({ line: row.line, message: 'has a recipient that leads to nobody; send events of her first' });
  }
  return { known, lost };
}

/** Answers the places of those whose code was free. */
async function add(ctx: TxCtx, pool: PoolRow, rows: readonly KnownRow[]): Promise<Set<number>> {
  const { sql, workspaceId } = ctx;
  if (rows.length === 0) return new Set();
  const at = new Date(ctx.clock.now());
  const ids = rows.map(() => newUuid(at.getTime())).sort();
  const codes = rows.map(({ row, recipient }, place): NewCode => ({
    id: ids[place]!,
    code: row.code,
    normalised: row.normalised,
    standing: recipient === undefined ? 'free' : 'assigned',
  }));
  const inserted = await insertCodes(sql, workspaceId, { pool, codes });
  const assignments = rows.flatMap(({ recipient }, place) => {
    const codeId = ids[place]!;
    if (recipient === undefined || !inserted.has(codeId)) return [];
    return [{ campaignId: pool.campaign_id, codeId, intent: `import ${codeId}`, ...recipient }];
  });
  await insertAssignments(sql, workspaceId, { assignments, at });
  await addCodesToPool(sql, workspaceId, { id: pool.id, codes: inserted.size, wanted: inserted.size });
  await noteRefilled(sql, workspaceId, pool);
  await noteCoupons(
    { sql, workspaceId, now: at.getTime() },
    assignments.map((one) => one.profileId),
  );
  return new Set(ids.flatMap((id, place) => (inserted.has(id) ? [place] : [])));
}
