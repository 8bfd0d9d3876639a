import { api, type BodyOf, type Source, TRUSTED_SOURCE_KINDS, type WriteKey } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { newUuid, publicId, requirePublicId } from '../../platform/ids/index.ts';
import { generateKey } from './keys.ts';
import { recordAudit } from './record-audit.ts';
import {
  type After,
  findSourceRow,
  insertSource,
  insertWriteKey,
  type ListedWriteKeyRow,
  listSources,
  listWriteKeys,
  revokeWriteKeyRow,
  type SourceRow,
  updateSourceRow,
} from './source-store.ts';

/** Sources of events and the write keys they send with. */
export const sourceRoutes: Routes = (serve) => {
  serve(api.listSources, async ({ ctx, query }) => {
    const { limit } = query;
    const rows = await listSources(ctx.sql, ctx.workspaceId, { limit: limit + 1, after: readAfter(query.cursor) });
    return toPage(rows, { limit, keyOf: placeOf, present: presentSource });
  });

  serve(api.createSource, async ({ ctx, body }) => {
    const nowMs = ctx.clock.now();
    const { workspaceId } = ctx;
    const { name, kind, trusted = TRUSTED_SOURCE_KINDS.includes(kind) } = body;
    const source = { workspaceId, id: newUuid(nowMs), name, kind, trusted, at: new Date(nowMs) };
    const row = await insertSource(ctx.sql, source);
    const subject = publicId('src', row.id);
    await recordAudit(ctx, { action: 'source.created', subject, detail: { kind, trusted } });
    const writeKey = await addWriteKey(ctx, { sourceId: row.id, name: 'First key' });
    return { ...presentSource(row), writeKey: presentWriteKey(writeKey) };
  });

  serve(api.getSource, async ({ ctx, params }) => presentSource(await getSource(ctx, params.id)));

  serve(api.updateSource, async ({ ctx, params, body }) => {
    const id = requirePublicId('src', params.id);
    const row = await updateSourceRow(ctx.sql, ctx.workspaceId, { id, ...body });
    if (row === undefined) throw noSource();
    for (const action of changesOf(body)) await recordAudit(ctx, { action, subject: publicId('src', id) });
    return presentSource(row);
  });

  serve(api.listWriteKeys, async ({ ctx, params, query }) => {
    const { id: sourceId } = await getSource(ctx, params.id);
    const { limit } = query;
    const after = readAfter(query.cursor);
    const rows = await listWriteKeys(ctx.sql, ctx.workspaceId, { sourceId, limit: limit + 1, after });
    return toPage(rows, { limit, keyOf: placeOf, present: presentWriteKey });
  });

  serve(api.createWriteKey, async ({ ctx, params, body }) => {
    const { id: sourceId } = await getSource(ctx, params.id);
    return presentWriteKey(await addWriteKey(ctx, { sourceId, name: body.name }));
  });

  serve(api.revokeWriteKey, async ({ ctx, params }) => {
    const [sourceId, id] = [requirePublicId('src', params.id), requirePublicId('wky', params.keyId)];
    const at = new Date(ctx.clock.now());
    if (!(await revokeWriteKeyRow(ctx.sql, ctx.workspaceId, { sourceId, id, at }))) {
      throw new AppError('not_found', 'This source has no such write key that still holds');
    }
    const detail = { source: publicId('src', sourceId) };
    await recordAudit(ctx, { action: 'write_key.revoked', subject: publicId('wky', id), detail });
  });
};

/** One entry for each thing that was set. */
function changesOf({ name, enabled, trusted }: BodyOf<typeof api.updateSource>): string[] {
  return [
    ...(name !== undefined || (enabled === undefined && trusted === undefined) ? ['source.renamed'] : []),
    ...(enabled === undefined ? [] : [enabled ? 'source.enabled' : 'source.disabled']),
    ...(trusted === undefined ? [] : [trusted ? 'source.trusted' : 'source.distrusted']),
  ];
}

async function addWriteKey(ctx: TxCtx, wish: { sourceId: string; name: string }): Promise<ListedWriteKeyRow> {
  const nowMs = ctx.clock.now();
  const { workspaceId } = ctx;
  const made = { workspaceId, ...wish, id: newUuid(nowMs), key: generateKey('wk'), at: new Date(nowMs) };
  const row = await insertWriteKey(ctx.sql, made);
  const detail = { source: publicId('src', wish.sourceId) };
  await recordAudit(ctx, { action: 'write_key.created', subject: publicId('wky', row.id), detail });
  return row;
}

async function getSource(ctx: Ctx, id: string): Promise<SourceRow> {
  const row = await findSourceRow(ctx.sql, ctx.workspaceId, requirePublicId('src', id));
  if (row === undefined) throw noSource();
  return row;
}

const noSource = () => new AppError('not_found', 'There is no such source');

function readAfter(cursor: string | undefined): After | undefined {
  const key = decodeCursor(cursor, ['instant', 'uuid']);
  return key && { createdAt: new Date(String(key[0])), id: String(key[1]) };
}

function placeOf(row: { created_at: Date; id: string }): string[] {
  return [row.created_at.toISOString(), row.id];
}

function presentSource(row: SourceRow): Source {
  const { name, kind, enabled, trusted } = row;
  return { id: publicId('src', row.id), name, kind, enabled, trusted, createdAt: row.created_at.toISOString() };
}

function presentWriteKey(row: ListedWriteKeyRow): WriteKey {
  return {
    id: publicId('wky', row.id),
    name: row.name,
    key: row.key,
    createdAt: row.created_at.toISOString(),
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
