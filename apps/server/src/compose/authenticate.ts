import { allows, type Endpoint, scopesOf } from '@segue/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Accounts } from '../modules/accounts/index.ts';
import { createContext, type Ctx, type Services } from '../platform/context.ts';
import { AppError } from '../platform/errors.ts';

/** How long a stream may outlive the right to read it. */
const STREAM_CHECK_MS = 5_000;

export interface AuthenticateDeps {
  readonly services: Services;
  readonly accounts: Accounts;
}

/** The context of a call to an endpoint: who asks, in which workspace. Stops whoever may not: 401, 403. */
export async function authenticate(
  deps: AuthenticateDeps,
  call: { request: FastifyRequest; reply: FastifyReply; endpoint: Endpoint },
): Promise<Ctx> {
  const { services, accounts } = deps;
  const { request, endpoint } = call;
  const { workspaceId, actor } = await accounts.findCaller(request);
  const missing = scopesOf(endpoint).filter((scope) => !allows(actor.scopes, scope));
  if (missing.length > 0) {
    const who = actor.kind === 'member' ? `A member who is ${actor.role}` : 'This key';
    const needed = missing.length === 1 ? `the scope ${missing[0]}` : `the scopes ${missing.join(', ')}`;
    throw new AppError('forbidden', `${who} may not do that; it needs ${needed}`);
  }
  if (endpoint.stream !== undefined) endWithRight(deps, { ...call, workspaceId });
  return { ...createContext(services, workspaceId, actor), ip: request.ip };
}

/** A stream goes on for hours: it ends soon after the key was revoked, the session ended or the member was removed. */
function endWithRight(
  { accounts }: AuthenticateDeps,
  call: { request: FastifyRequest; reply: FastifyReply; endpoint: Endpoint; workspaceId: number },
): void {
  const { request, reply, endpoint, workspaceId } = call;
  const check = async (): Promise<void> => {
    const mayRead = await accounts.findCaller(request).then(
      // Whoever was removed may work elsewhere: what she may do there says nothing of here.
      ({ workspaceId: theirs, actor }) =>
        theirs === workspaceId && scopesOf(endpoint).every((scope) => allows(actor.scopes, scope)),
      // Only a plain refusal ends it: a database that is away for a moment does not.
      (error: unknown) => !(error instanceof AppError),
    );
    if (!mayRead) reply.raw.destroy();
  };
  const timer = setInterval(() => void check(), STREAM_CHECK_MS).unref();
  reply.raw.once('close', () => clearInterval(timer));
}
