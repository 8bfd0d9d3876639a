import type { TxCtx } from '../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { recordAudit } from './record-audit.ts';
import { findNumberOfKind, insertSource } from './source-store.ts';

const KIND = 'import';

/** The number of the source that imported files are: trusted, without a key, made with the first import. */
export async function ensureImportSource(ctx: TxCtx): Promise<number> {
  const { sql, workspaceId } = ctx;
  const known = await findNumberOfKind(sql, workspaceId, KIND);
  if (known !== undefined) return known;
  const nowMs = ctx.clock.now();
  const source = { id: newUuid(nowMs), name: 'Imports', kind: KIND, trusted: true, at: new Date(nowMs) };
  const { id } = await insertSource(sql, { workspaceId, ...source });
  await recordAudit(ctx, {
    action: 'source.created',
    subject: publicId('src', id),
    detail: { kind: KIND, trusted: true },
  });
  return (await findNumberOfKind(sql, workspaceId, KIND))!;
}
