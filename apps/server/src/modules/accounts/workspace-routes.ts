import { api, EVERY_SCOPE, type Workspace } from '@segue/contract';
import type { Actor } from '../../platform/context.ts';
import { openWorkspaceKeys } from '../../platform/crypto/index.ts';
import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import type { Routes } from '../../platform/http/index.ts';
import { newUuid, publicId } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { getWorkspaceRow, readWrappedKey, updateWorkspaceRow, type WorkspaceRow } from './account-store.ts';
import { createWorkspace } from './create-workspace.ts';
import { findMember, insertMember } from './members/member-store.ts';
import { recordAudit } from './record-audit.ts';

export interface WorkspaceDeps {
  /** The installation's secret: wraps the keys of new workspaces. */
  readonly secret: Buffer;
  /** What other modules put into a new workspace, in its transaction. */
  setUpWorkspace(sql: Sql, workspaceId: number): Promise<void>;
  /** What follows from another time zone, in the transaction of the change. */
  zoneChanged?(ctx: TxCtx): Promise<void>;
}

/** The workspace itself: read, change, make another. */
export function createWorkspaceRoutes(deps: WorkspaceDeps): Routes {
  return (serve) => {
    serve(api.getWorkspace, async ({ ctx }) => {
      const workspace = presentWorkspace(await getWorkspaceRow(ctx.sql, ctx.workspaceId));
      return { ...workspace, you: presentCaller(ctx.actor) };
    });

    serve(api.updateWorkspace, async ({ ctx, body }) => {
      const row = await updateWorkspaceRow(ctx.sql, ctx.workspaceId, body);
      if (body.timeZone !== undefined) await deps.zoneChanged?.(ctx);
      const detail = { changed: Object.keys(body) };
      await recordAudit(ctx, { action: 'workspace.updated', subject: publicId('wsp', row.public_id), detail });
      return presentWorkspace(row);
    });

    serve(api.createWorkspace, async ({ ctx, body }) => {
      const { actor } = ctx;
      if (actor.kind !== 'member') throw ownersOnly();
      // As it is now: her role may have been taken since the call began.
      const member = await findMember(ctx.sql, ctx.workspaceId, actor.id);
      if (member?.role !== 'owner') throw ownersOnly();
      const nowMs = ctx.clock.now();
      const { secret } = deps;
      const id = newUuid(nowMs);
      const made = await createWorkspace(ctx.sql, { ...body, secret, nowMs, scopes: [EVERY_SCOPE], createdBy: id });
      const { workspaceId, apiKey, writeKey } = made;
      await deps.setUpWorkspace(ctx.sql, workspaceId);
      await insertMember(ctx.sql, workspaceId, { id, loginId: member.login_id, role: 'owner', at: new Date(nowMs) });
      const row = await getWorkspaceRow(ctx.sql, workspaceId);
      const subject = publicId('wsp', row.public_id);
      await recordAudit(ctx, { action: 'workspace.created', subject });
      // The new workspace's key is not committed yet, so it cannot be looked up.
      const keysOf = async () => openWorkspaceKeys(secret, (await readWrappedKey(ctx.sql, workspaceId))!);
      await recordAudit(
        { ...ctx, workspaceId, keysOf, actor: { ...actor, id } },
        { action: 'workspace.created', subject },
      );
      return { ...presentWorkspace(row), apiKey, writeKey };
    });
  };
}

function ownersOnly(): AppError {
  return new AppError('forbidden', 'Only an owner who is signed in makes another workspace', {
    details: [{ field: '', message: 'sign in as an owner; an API key belongs to one workspace' }],
  });
}

function presentCaller(actor: Actor) {
  if (actor.kind === 'system') throw new Error('the system does not call over HTTP');
  const { kind } = actor;
  const role = kind === 'member' ? actor.role : null;
  return { kind, id: publicId(kind === 'member' ? 'mbr' : 'key', actor.id), role, scopes: [...actor.scopes] };
}

function presentWorkspace(row: WorkspaceRow): Workspace {
  return {
    id: publicId('wsp', row.public_id),
    name: row.name,
    timeZone: row.time_zone,
    currency: row.currency,
    language: row.language,
    createdAt: row.created_at.toISOString(),
  };
}
