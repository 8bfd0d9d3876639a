import { createHash } from 'node:crypto';
import type { Services } from '../../../platform/context.ts';
import { composeReset, type MemberMail, type MemberMessage } from '../member-mail.ts';
import { type Beside, createBeside } from './beside.ts';
import { deleteProofs } from './login-store.ts';
import { recordLoginAudit } from './record-login-audit.ts';
import { createSignInLibrary, IP_HEADER, type SignInLibrary } from './sign-in-library.ts';
import { createSignInLimits, type SignInLimits } from './sign-in-limits.ts';

export interface SignInOptions {
  readonly services: Services;
  /** The installation's secret. */
  readonly secret: Buffer;
  readonly publicUrl: string;
  /** Undefined: no mail server is set. */
  readonly mail: MemberMail | undefined;
}

/** Who is behind a session cookie. */
export interface LoginSession {
  readonly sessionId: string;
  readonly loginId: string;
  readonly name: string;
  readonly email: string;
  readonly hasTotp: boolean;
  readonly expiresAt: Date;
}

/** One call of the sign-in library. */
export interface LibraryCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly cookie: string | undefined;
  readonly ip: string;
  readonly userAgent: string | undefined;
}

/** Passwords, sessions and second steps of those who sign in. */
export interface SignIn {
  readonly services: Services;
  readonly publicUrl: string;
  readonly canSendMail: boolean;
  readonly limits: SignInLimits;
  readonly beside: Beside;
  call(call: LibraryCall): Promise<Response>;
  /** Undefined when the cookie is missing, forged, or its session has ended. */
  findSession(cookie: string | undefined): Promise<LoginSession | undefined>;
  hashPassword(password: string): Promise<string>;
  /** Sends beside the answer; a failure is logged without the address. */
  sendMail(message: MemberMessage): void;
}

export function createSignIn(options: SignInOptions): SignIn {
  const { services, secret, publicUrl, mail } = options;
  const limits = createSignInLimits(services, secret);
  const beside = createBeside(services.logger);
  const sendMail = (message: MemberMessage): void => {
    if (mail === undefined) services.logger.warn({}, 'SEGUE_SMTP_URL is not set: a mail to a member was not sent');
    else beside.run(mail.send(message), 'a mail to a member could not be sent');
  };
  const library = createSignInLibrary({
    services,
    secret,
    publicUrl,
    onResetRequested: ({ email, token }) =>
      sendMail(composeReset({ to: email, link: `${publicUrl}/reset-password#token=${token}` })),
    onPasswordReset: async ({ id, email, ip }) => {
      await limits.forgetTries(email);
      await deleteProofs(services.postgres, id);
      await recordLoginAudit(services, { loginId: id, action: 'login.password_reset', isProven: true, ip });
    },
  });
  return {
    services,
    publicUrl,
    canSendMail: mail !== undefined,
    limits,
    beside,
    sendMail,
    call: (call) => callLibrary(library, new URL(publicUrl).origin, call),
    findSession: (cookie) => findSession(library, cookie),
    hashPassword: async (password) => (await library.$context).password.hash(password),
  };
}

function callLibrary(library: SignInLibrary, origin: string, call: LibraryCall): Promise<Response> {
  const { method, path, body, cookie, ip, userAgent } = call;
  // Whether the call is our own page's was decided before: only what the library needs is handed on.
  const headers = new Headers({ origin, [IP_HEADER]: ip });
  if (cookie !== undefined) headers.set('cookie', cookie);
  if (userAgent !== undefined) headers.set('user-agent', userAgent.slice(0, 300));
  if (body !== undefined) headers.set('content-type', 'application/json');
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  return library.handler(new Request(`${origin}/api/auth${path}`, { method, headers, ...content }));
}

async function findSession(library: SignInLibrary, cookie: string | undefined): Promise<LoginSession | undefined> {
  if (cookie === undefined) return undefined;
  const found = await library.api.getSession({ headers: new Headers({ cookie }), query: { disableRefresh: true } });
  if (found === null) return undefined;
  const { session, user } = found;
  return {
    sessionId: session.id,
    loginId: user.id,
    name: user.name,
    email: user.email,
    hasTotp: user.twoFactorEnabled === true,
    expiresAt: session.expiresAt,
  };
}

/** The proof a cookie of a second step stands for, by the name it is stored under. */
export function secondStepProof(cookie: string | undefined): string | undefined {
  const text = /(?:^|;\s*)(?:__Secure-)?segue\.two_factor=([^;]+)/.exec(cookie ?? '')?.[1];
  const identifier = text === undefined ? undefined : safeDecode(text).split('.')[0];
  return identifier === undefined ? undefined : createHash('sha256').update(identifier).digest('base64url');
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
