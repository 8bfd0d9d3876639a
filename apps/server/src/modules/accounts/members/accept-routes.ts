import { z } from 'zod';
import { parseInput, type Routes } from '../../../platform/http/index.ts';
import { findLoginByEmail, noteSignedIn } from '../sign-in/login-store.ts';
import { SIGN_IN_RATE } from '../sign-in/lockout.ts';
import { recordLoginAudit } from '../sign-in/record-login-audit.ts';
import { newPasswordSchema } from '../sign-in/sign-in-calls.ts';
import { callLibrary, refuseForged, refuseTooMany, send } from '../sign-in/sign-in-routes.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { acceptInvite, getOpenInvite } from './accept-invite.ts';

const token = z
  .string({ error: 'give the token of the link' })
  .min(1, { error: 'give the token of the link' })
  .max(200);
const lookSchema = z.strictObject({ token });
const acceptSchema = z.strictObject({
  token,
  name: z
    .string()
    .trim()
    .min(1, { error: 'give your name' })
    .max(100, { error: 'use at most 100 characters' })
    .optional(),
  password: newPasswordSchema.optional(),
});

/** The public side of an invite: what it is to, and taking it. The token comes in the body, so that no log holds it. */
export function createAcceptRoutes(signIn: SignIn): Routes {
  const { services } = signIn;
  return (_serve, app) => {
    app.post('/api/auth/invite', async (request, reply) => {
      refuseForged(signIn, request);
      await refuseTooMany(signIn, { path: '/invite', rate: SIGN_IN_RATE }, request);
      const invite = await getOpenInvite(signIn, parseInput(lookSchema, request.body ?? {}).token);
      const [login, session] = await Promise.all([
        findLoginByEmail(services.postgres, invite.email),
        signIn.findSession(request.headers.cookie),
      ]);
      const isSignedIn = login !== undefined && session?.loginId === login.id;
      return reply.header('cache-control', 'no-store').send({
        workspace: invite.workspace_name,
        email: invite.email,
        role: invite.role,
        next: login === undefined ? 'choosePassword' : isSignedIn ? 'join' : 'signIn',
      });
    });

    app.post('/api/auth/accept-invite', async (request, reply) => {
      refuseForged(signIn, request);
      await refuseTooMany(signIn, { path: '/accept-invite', rate: SIGN_IN_RATE }, request);
      const { token: given, name, password } = parseInput(acceptSchema, request.body ?? {});
      const session = await signIn.findSession(request.headers.cookie);
      const newcomer = name === undefined || password === undefined ? undefined : { name, password };
      const { email, isNew } = await acceptInvite(signIn, { token: given, session, newcomer, ip: request.ip });
      if (!isNew) return reply.header('cache-control', 'no-store').send({ next: 'done' });
      const response = await callLibrary(signIn, { path: '/sign-in/email', body: { email, password } }, request);
      const login = await findLoginByEmail(services.postgres, email);
      if (login !== undefined && response.ok) {
        await noteSignedIn(services.postgres, login.id, new Date(services.clock.now()));
        await recordLoginAudit(services, {
          loginId: login.id,
          action: 'login.signed_in',
          isProven: true,
          ip: request.ip,
        });
      }
      return send(reply, response, { next: response.ok ? 'done' : 'signIn' });
    });
  };
}
