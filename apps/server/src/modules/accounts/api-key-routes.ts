import { api, type ApiKey, parseInstant } from '@segue/contract';
import { AppError } from '../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../platform/http/index.ts';
import { newUuid, publicId, requirePublicId } from '../../platform/ids/index.ts';
import { insertApiKey, listApiKeys, type ListedApiKeyRow, revokeApiKey } from './api-key-store.ts';
import { generateKey, hashApiKey, keyPrefix } from './keys.ts';
import { lockAuthority } from './members/lock-authority.ts';
import { type Authority, holdsAll } from './members/member-rules.ts';
import { recordAudit } from './record-audit.ts';

/** API keys of a workspace: list, make, revoke. */
export const apiKeyRoutes: Routes = (serve) => {
  serve(api.listApiKeys, async ({ ctx, query }) => {
    const cursor = decodeCursor(query.cursor, ['instant', 'uuid']);
    const before = cursor && { createdAt: new Date(String(cursor[0])), id: String(cursor[1]) };
    const rows = await listApiKeys(ctx.sql, ctx.workspaceId, { limit: query.limit + 1, before });
    const nowMs = ctx.clock.now();
    return toPage(rows, {
      limit: query.limit,
      keyOf: (row) => [row.created_at.toISOString(), row.id],
      present: (row) => presentApiKey(row, nowMs),
    });
  });

  serve(api.createApiKey, async ({ ctx, body }) => {
    const { name, scopes } = body;
    const authority = await lockAuthority(ctx);
    requireOwnScopes(authority, scopes);
    const nowMs = ctx.clock.now();
    const expiresAt = readExpiry(body.expiresAt, nowMs);
    const [id, key, at] = [newUuid(nowMs), generateKey('sk'), new Date(nowMs)];
    const { workspaceId } = ctx;
    await insertApiKey(ctx.sql, {
      id,
      workspaceId,
      hash: hashApiKey(key),
      prefix: keyPrefix(key),
      name,
      scopes,
      createdBy: authority.memberId,
      expiresAt,
      at,
    });
    await recordAudit(ctx, { action: 'api_key.created', subject: publicId('key', id), detail: { scopes } });
    const [row] = await listApiKeys(ctx.sql, workspaceId, { limit: 1, id });
    return { ...presentApiKey(row!, nowMs), key };
  });

  serve(api.revokeApiKey, async ({ ctx, params }) => {
    const id = requirePublicId('key', params.id);
    if (!(await revokeApiKey(ctx.sql, ctx.workspaceId, { id, at: new Date(ctx.clock.now()) }))) {
      throw new AppError('not_found', 'There is no such key that still holds');
    }
    await recordAudit(ctx, { action: 'api_key.revoked', subject: publicId('key', id) });
  });
};

function requireOwnScopes(authority: Authority, scopes: readonly string[]): void {
  const beyond = scopes.filter((scope) => !holdsAll(authority, [scope]));
  if (beyond.length === 0) return;
  throw new AppError('forbidden', 'A key may do no more than whoever makes it', {
    details: [{ field: 'scopes', message: `leave out ${beyond.join(', ')}, or ask somebody who has them` }],
  });
}

function readExpiry(text: string | undefined, nowMs: number): Date | undefined {
  if (text === undefined) return undefined;
  const expiresAtMs = parseInstant(text);
  if (expiresAtMs !== undefined && expiresAtMs > nowMs) return new Date(expiresAtMs);
  throw new AppError('invalid', 'The request does not fit', {
    details: [{ field: 'expiresAt', message: 'give an instant that is still to come, or leave it out' }],
  });
}

function presentApiKey(row: ListedApiKeyRow, nowMs: number): ApiKey {
  const isExpired = row.expires_at !== null && row.expires_at.getTime() <= nowMs;
  return {
    id: publicId('key', row.id),
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by_name,
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    state: row.revoked_at !== null ? 'revoked' : isExpired ? 'expired' : 'active',
  };
}
