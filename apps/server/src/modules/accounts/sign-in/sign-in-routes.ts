import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../platform/errors.ts';
import { parseInput, type Routes } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { deleteProofs, findLoginByEmail, findProofHolder, listMemberships, noteSignedIn } from './login-store.ts';
import { CODE_ONCE } from './lockout.ts';
import { isForged } from './own-call.ts';
import { placeOf } from './place-of.ts';
import { recordLoginAudit } from './record-login-audit.ts';
import { SIGN_IN_CALLS, type SignInCall } from './sign-in-calls.ts';
import { toSignInFault, wrongPassword } from './sign-in-faults.ts';
import { type LoginSession, secondStepProof, type SignIn } from './sign-in.ts';

/**
 * `/api/auth/*`: the calls of the sign-in pages. Bodies are JSON, refusals problem+json. A session is an httpOnly cookie;
 * no answer holds its token. Sign-in answers `{ next: "done" }`, or `{ next: "secondStep" }` when a code is needed.
 */
export function createSignInRoutes(signIn: SignIn): Routes {
  return (_serve, app) => {
    for (const call of SIGN_IN_CALLS) {
      app.post(`/api/auth${call.path}`, (request, reply) => answerCall(signIn, call, { request, reply }));
    }
    app.get('/api/auth/session', (request, reply) => answerSession(signIn, { request, reply }));
  };
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function answerCall(signIn: SignIn, call: SignInCall, exchange: Exchange): Promise<FastifyReply> {
  const { request, reply } = exchange;
  refuseForged(signIn, request);
  await refuseTooMany(signIn, call, request);
  const body = { ...parseInput(call.body, request.body ?? {}), ...call.adds };
  const { cookie } = request.headers;
  if (call.path === '/sign-in/email') return answerSignIn(signIn, body as SignInBody, exchange);
  const before = await signIn.findSession(cookie);
  const asksPassword = 'password' in body || 'currentPassword' in body;
  const tried = asksPassword ? before?.email : undefined;
  if (tried !== undefined && !(await signIn.limits.mayTry(tried))) throw toSignInFault(400, 'INVALID_PASSWORD');
  const isStep = call.path.startsWith('/two-factor/verify');
  const holder = before?.loginId ?? (isStep ? await findHolder(signIn, cookie) : undefined);
  if (call.path === '/two-factor/verify-totp' && holder !== undefined) await refuseSpentCode(signIn, holder, body);
  const response = await callLibrary(signIn, { path: call.path, body }, request);
  const answer = await readAnswer(response);
  if (!response.ok) {
    const step = isStep ? 'second' : 'password';
    const isWrong = isStep || answer['code'] === 'INVALID_PASSWORD';
    if (holder !== undefined && isWrong) await noteFailedStep(signIn, { loginId: holder, ip: request.ip, step });
    throw toSignInFault(response.status, answer['code']);
  }
  if (tried !== undefined) await signIn.limits.forgetTries(tried);
  if (call.path === '/change-password' && before !== undefined)
    await deleteProofs(signIn.services.postgres, before.loginId);
  await noteDone(signIn, { call, before, holder, ip: request.ip });
  return send(reply, response, present(answer));
}

interface SignInBody extends Record<string, unknown> {
  readonly email: string;
  readonly password: string;
}

/** The answers to a wrong password, an unknown and a locked address are one, and take the same time. */
async function answerSignIn(signIn: SignIn, body: SignInBody, { request, reply }: Exchange): Promise<FastifyReply> {
  const { email, password } = body;
  const { ip } = request;
  if (!(await signIn.limits.mayTry(email))) {
    await signIn.hashPassword(password);
    signIn.beside.run(noteFailed(signIn, { email, ip, action: 'login.locked' }), 'a sign-in was not written down');
    throw wrongPassword();
  }
  const response = await callLibrary(signIn, { path: '/sign-in/email', body }, request);
  const answer = await readAnswer(response);
  if (!response.ok) {
    if (response.status !== 401 && response.status !== 400) throw toSignInFault(response.status, answer['code']);
    signIn.beside.run(noteFailed(signIn, { email, ip, action: 'login.failed' }), 'a sign-in was not written down');
    throw wrongPassword();
  }
  await signIn.limits.forgetTries(email);
  if (answer['twoFactorRedirect'] === true) return send(reply, response, { next: 'secondStep' });
  await noteSignIn(signIn, (answer['user'] as { id: string }).id, ip);
  return send(reply, response, { next: 'done' });
}

/** Who is signed in and where she may work; renews the session while it is used. */
async function answerSession(signIn: SignIn, { request, reply }: Exchange): Promise<FastifyReply> {
  const session = await requireSession(signIn, request);
  const { cookie, 'user-agent': userAgent } = request.headers;
  const response = await signIn.call({ method: 'GET', path: '/get-session', cookie, ip: request.ip, userAgent });
  const memberships = await listMemberships(signIn.services.postgres, session.loginId);
  return send(reply, response, {
    name: session.name,
    email: session.email,
    hasTotp: session.hasTotp,
    expiresAt: session.expiresAt.toISOString(),
    workspaces: memberships.map((membership) => ({
      id: publicId('wsp', membership.workspace_public_id),
      name: membership.workspace_name,
      memberId: publicId('mbr', membership.member_id),
      role: membership.role,
      isLast: membership.is_last,
    })),
  });
}

/** The session of this call; 401 without. */
export async function requireSession(signIn: SignIn, request: FastifyRequest): Promise<LoginSession> {
  const session = await signIn.findSession(request.headers.cookie);
  if (session === undefined) throw toSignInFault(401, 'UNAUTHORIZED');
  return session;
}

/** Stops a call another site made a browser send. */
export function refuseForged(signIn: Pick<SignIn, 'publicUrl'>, request: FastifyRequest): void {
  const { origin, host, cookie, 'sec-fetch-site': site } = request.headers;
  const secFetchSite = Array.isArray(site) ? site[0] : site;
  const call = { method: request.method, hasCookie: cookie !== undefined, origin, secFetchSite, host };
  if (!isForged(call, signIn.publicUrl)) return;
  throw new AppError('forbidden', 'This call did not come from a page of this installation', {
    details: [{ field: 'Origin', message: 'open the console at its own address; programs use an API key' }],
  });
}

/** Stops somebody who tries too often from one place. */
export async function refuseTooMany(
  signIn: SignIn,
  call: Pick<SignInCall, 'path' | 'rate'>,
  request: FastifyRequest,
): Promise<void> {
  const waitSeconds = await signIn.limits.countCall(call.path, placeOf(request.ip), call.rate);
  if (waitSeconds === undefined) return;
  throw new AppError('rate_limited', 'Too many tries', {
    retryAfterSeconds: waitSeconds,
    details: [{ field: '', message: `wait ${waitSeconds} seconds, then try again` }],
  });
}

/** Whoever saw a code being typed cannot use it again. */
async function refuseSpentCode(signIn: SignIn, loginId: string, body: Record<string, unknown>): Promise<void> {
  const waitSeconds = await signIn.limits.countCall(`code ${String(body['code'])}`, loginId, CODE_ONCE);
  if (waitSeconds !== undefined) throw toSignInFault(401, 'INVALID_CODE');
}

export async function callLibrary(
  signIn: SignIn,
  asked: { path: string; body: unknown },
  request: FastifyRequest,
): Promise<Response> {
  const { cookie, 'user-agent': userAgent } = request.headers;
  return signIn.call({ method: 'POST', ...asked, cookie, ip: request.ip, userAgent });
}

/** Our answer with the library's cookies. */
export function send(reply: FastifyReply, response: Response, body: object): FastifyReply {
  for (const value of response.headers.getSetCookie()) reply.header('set-cookie', value);
  return reply.header('cache-control', 'no-store').send(body);
}

async function readAnswer(response: Response): Promise<Record<string, unknown>> {
  const text = await response.text();
  const answer: unknown = text === '' ? {} : JSON.parse(text);
  return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
}

/** What a page may know: never a token. */
function present(answer: Record<string, unknown>): object {
  const { totpURI, backupCodes } = answer;
  return { ...(totpURI !== undefined && { totpUri: totpURI }), ...(backupCodes !== undefined && { backupCodes }) };
}

async function findHolder(signIn: SignIn, cookie: string | undefined): Promise<string | undefined> {
  const proof = secondStepProof(cookie);
  return proof === undefined ? undefined : findProofHolder(signIn.services.postgres, proof);
}

async function noteSignIn(signIn: SignIn, loginId: string, ip: string): Promise<void> {
  const { services } = signIn;
  await noteSignedIn(services.postgres, loginId, new Date(services.clock.now()));
  await recordLoginAudit(services, { loginId, action: 'login.signed_in', isProven: true, ip });
}

async function noteFailed(signIn: SignIn, failed: { email: string; ip: string; action: string }): Promise<void> {
  const login = await findLoginByEmail(signIn.services.postgres, failed.email);
  if (login === undefined) return signIn.services.logger.info({}, 'somebody tried to sign in with an unknown address');
  const { ip, action } = failed;
  await recordLoginAudit(signIn.services, { loginId: login.id, action, isProven: false, ip });
}

async function noteFailedStep(signIn: SignIn, failed: { loginId: string; ip: string; step: string }): Promise<void> {
  const { loginId, ip, step } = failed;
  const detail = { step };
  await recordLoginAudit(signIn.services, { loginId, action: 'login.failed', isProven: false, ip, detail });
}

async function noteDone(
  signIn: SignIn,
  done: { call: SignInCall; before: LoginSession | undefined; holder: string | undefined; ip: string },
): Promise<void> {
  const { call, before, holder: loginId, ip } = done;
  if (loginId === undefined) return;
  const isSecondStep = before === undefined && call.path.startsWith('/two-factor/verify');
  const action =
    call.path === '/two-factor/verify-totp' && before?.hasTotp === false ? 'login.totp_enabled' : call.action;
  if (action !== undefined) await recordLoginAudit(signIn.services, { loginId, action, isProven: true, ip });
  if (isSecondStep) await noteSignIn(signIn, loginId, ip);
}
