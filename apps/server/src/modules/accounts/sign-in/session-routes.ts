import { z } from 'zod';
import { AppError } from '../../../platform/errors.ts';
import { parseInput, type Routes } from '../../../platform/http/index.ts';
import { parsePublicId, publicId } from '../../../platform/ids/index.ts';
import { deleteSessions, listMemberships, listSessions, noteWorkspaceOpened } from './login-store.ts';
import { recordLoginAudit } from './record-login-audit.ts';
import { refuseForged, requireSession } from './sign-in-routes.ts';
import type { SignIn } from './sign-in.ts';

const openSchema = z.strictObject({
  workspace: z.string({ error: 'name a workspace of yours, like wsp_<32 hex digits>' }),
});

/** One's own sessions: list them, end one, end all others; and the workspace their calls mean that name none. */
export function createSessionRoutes(signIn: SignIn): Routes {
  const { services } = signIn;
  return (_serve, app) => {
    app.get('/api/auth/sessions', async (request, reply) => {
      const own = await requireSession(signIn, request);
      const rows = await listSessions(services.postgres, own.loginId);
      return reply.header('cache-control', 'no-store').send({
        items: rows.map((row) => ({
          id: publicId('ssn', row.id),
          isThis: row.id === own.sessionId,
          createdAt: row.created_at.toISOString(),
          expiresAt: row.expires_at.toISOString(),
          ip: row.ip_address,
          userAgent: row.user_agent,
        })),
      });
    });

    app.delete<{ Params: { id: string } }>('/api/auth/sessions/:id', async (request, reply) => {
      refuseForged(signIn, request);
      const own = await requireSession(signIn, request);
      const id = parsePublicId('ssn', request.params.id);
      const ended = id === undefined ? 0 : await deleteSessions(services.postgres, own.loginId, { only: id });
      if (ended === 0) throw new AppError('not_found', 'There is no such session of yours');
      await note(own.loginId, request.ip, ended);
      return reply.code(204).send();
    });

    app.post('/api/auth/end-other-sessions', async (request, reply) => {
      refuseForged(signIn, request);
      const own = await requireSession(signIn, request);
      const ended = await deleteSessions(services.postgres, own.loginId, { except: own.sessionId });
      await note(own.loginId, request.ip, ended);
      return reply.code(204).send();
    });

    app.post('/api/auth/open-workspace', async (request, reply) => {
      refuseForged(signIn, request);
      const own = await requireSession(signIn, request);
      const named = parsePublicId('wsp', parseInput(openSchema, request.body ?? {}).workspace);
      const memberships = await listMemberships(services.postgres, own.loginId);
      const opened = memberships.find((membership) => membership.workspace_public_id === named);
      if (opened === undefined) {
        throw new AppError('forbidden', 'You are no member of this workspace', {
          details: [{ field: 'workspace', message: 'name a workspace of yours, like wsp_<32 hex digits>' }],
        });
      }
      await noteWorkspaceOpened(services.postgres, own.loginId, opened.workspace_id);
      return reply.code(204).send();
    });
  };

  async function note(loginId: string, ip: string, count: number): Promise<void> {
    const detail = { count };
    await recordLoginAudit(services, { loginId, action: 'login.sessions_ended', isProven: true, ip, detail });
  }
}
