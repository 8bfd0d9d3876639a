import { api } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { newUuid, publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { getWorkspaceRow } from '../account-store.ts';
import { composeInvite } from '../member-mail.ts';
import { recordAudit } from '../record-audit.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { INVITE_MS, newInviteToken, presentInvite } from './invite.ts';
import { insertInvite, listInvites, revokeInvites } from './invite-store.ts';
import { lockAuthority } from './lock-authority.ts';
import { decideGiving } from './member-rules.ts';
import { isMemberAddress } from './member-store.ts';
import { requireAllowed } from './require-allowed.ts';

/** Invites to a workspace: list, send, revoke. Accepting one is under `/api/auth`. */
export function createInviteRoutes(signIn: SignIn): Routes {
  return (serve) => {
    serve(api.listInvites, async ({ ctx, query }) => {
      const beforeId = decodeCursor(query.cursor, ['uuid'])?.[0];
      const rows = await listInvites(ctx.sql, ctx.workspaceId, {
        limit: query.limit + 1,
        beforeId: beforeId === undefined ? undefined : String(beforeId),
      });
      const nowMs = ctx.clock.now();
      const present = (row: (typeof rows)[number]) => presentInvite(row, nowMs);
      return toPage(rows, { limit: query.limit, keyOf: (row) => [row.id], present });
    });

    serve(api.createInvite, async ({ ctx, body }) => {
      const { email, role } = body;
      const authority = await lockAuthority(ctx);
      requireAllowed(decideGiving(authority, role));
      if (await isMemberAddress(ctx.sql, ctx.workspaceId, email)) {
        throw new AppError('conflict', 'This address belongs to a member already', {
          details: [{ field: 'email', message: 'change the role of that member instead' }],
        });
      }
      const nowMs = ctx.clock.now();
      const at = new Date(nowMs);
      await revokeInvites(ctx.sql, ctx.workspaceId, { at, email });
      const { token, hash } = newInviteToken();
      const expiresAt = new Date(nowMs + INVITE_MS);
      const row = await insertInvite(ctx.sql, ctx.workspaceId, {
        id: newUuid(nowMs),
        email,
        role,
        hash,
        at,
        expiresAt,
        createdBy: authority.memberId,
      });
      await recordAudit(ctx, { action: 'invite.created', subject: publicId('inv', row.id), detail: { role } });
      const link = `${signIn.publicUrl}/invite#token=${token}`;
      if (signIn.canSendMail) {
        const { name: workspace } = await getWorkspaceRow(ctx.sql, ctx.workspaceId);
        ctx.afterCommit(async () => signIn.sendMail(composeInvite({ to: email, workspace, link })));
      }
      return { ...presentInvite(row, nowMs), link, mail: signIn.canSendMail ? 'sending' : 'notConfigured' } as const;
    });

    serve(api.revokeInvite, async ({ ctx, params }) => {
      const id = requirePublicId('inv', params.id);
      const revoked = await revokeInvites(ctx.sql, ctx.workspaceId, { at: new Date(ctx.clock.now()), id });
      if (revoked === 0) throw new AppError('not_found', 'There is no such open invite');
      await recordAudit(ctx, { action: 'invite.revoked', subject: publicId('inv', id) });
    });
  };
}
