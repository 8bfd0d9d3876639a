import type { TxCtx } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import { recordAudit } from './record-audit.ts';
import { findNumberOfKind, insertSource } from './source-store.ts';

/** Sources that Segue itself is: trusted, without a key, made when they first have something to say. */
const OWN_SOURCES = { import: 'Imports', shop: 'Shop' } as const;
export type OwnSource = keyof typeof OWN_SOURCES;

/** The number of a source of Segue's own: what imported files say, and what shop, till and warehouse say through the API. */
export async function ensureOwnSource(ctx: TxCtx, kind: OwnSource): Promise<number> {
  const { sql, workspaceId } = ctx;
  const known = await findNumberOfKind(sql, workspaceId, kind);
  if (known !== undefined) return known;
  const nowMs = ctx.clock.now();
  const source = { id: newUuid(nowMs), name: OWN_SOURCES[kind], kind, trusted: true, at: new Date(nowMs) };
  const { id } = await insertSource(sql, { workspaceId, ...source });
  await recordAudit(ctx, {
    action: 'source.created',
    subject: publicId('src', id),
    detail: { kind, trusted: true },
  });
  return (await findNumberOfKind(sql, workspaceId, kind))!;
}

/** Its number; undefined: it has said nothing yet. */
export function findOwnSource(sql: Sql, workspaceId: number, kind: OwnSource): Promise<number | undefined> {
  return findNumberOfKind(sql, workspaceId, kind);
}
