import type { FastifyRequest } from 'fastify';
import type { Services } from '../../platform/context.ts';
import type { Routes } from '../../platform/http/index.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { apiKeyRoutes } from './api-key-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { type Caller, createFindCaller } from './find-caller.ts';
import type { KeyRing } from './keys.ts';
import type { MemberMail } from './member-mail.ts';
import { createAcceptRoutes } from './members/accept-routes.ts';
import { createInviteRoutes } from './members/invite-routes.ts';
import { memberRoutes } from './members/member-routes.ts';
import { createSessionRoutes } from './sign-in/session-routes.ts';
import { createSignInRoutes } from './sign-in/sign-in-routes.ts';
import { createSignIn } from './sign-in/sign-in.ts';
import { sourceRoutes } from './source-routes.ts';
import { createWorkspaceRoutes } from './workspace-routes.ts';

export interface AccountsOptions {
  readonly services: Services;
  readonly keyRing: KeyRing;
  /** The installation's secret. */
  readonly secret: Buffer;
  /** Where browsers reach this installation: links in mails begin with it, cookies are `Secure` when it is https. */
  readonly publicUrl: string;
  /** Undefined: no mail server is set; links are answered instead. */
  readonly mail: MemberMail | undefined;
  /** What other modules put into a new workspace, in its transaction. */
  setUpWorkspace(sql: Sql, workspaceId: number): Promise<void>;
  /** What follows from another time zone, in the transaction of the change. */
  zoneChanged?(ctx: TxCtx): Promise<void>;
}

/** Who may call, and the calls about that. */
export interface Accounts {
  /** Stops a request of nobody: 401, of an expired key: 401 saying so, forged by another site: 403. */
  findCaller(request: FastifyRequest): Promise<Caller>;
  readonly routes: readonly Routes[];
  /** Until mails and notes under way are done. */
  settle(): Promise<void>;
}

export function openAccounts(options: AccountsOptions): Accounts {
  const signIn = createSignIn(options);
  return {
    findCaller: createFindCaller(signIn, options.keyRing),
    routes: [
      createSignInRoutes(signIn),
      createSessionRoutes(signIn),
      createAcceptRoutes(signIn),
      memberRoutes,
      createInviteRoutes(signIn),
      apiKeyRoutes,
      sourceRoutes,
      auditRoutes,
      createWorkspaceRoutes(options),
    ],
    settle: () => signIn.beside.settle(),
  };
}
