import type { Services } from '../../../platform/context.ts';
import { newUuid } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { insertLoginAudit, listMemberships } from './login-store.ts';

export interface LoginAudit {
  readonly loginId: string;
  /** `login.signed_in`. */
  readonly action: string;
  /** Whether it was she: somebody who fails to sign in is nobody yet. */
  readonly isProven: boolean;
  readonly ip?: string | undefined;
  readonly detail?: JsonObject | undefined;
}

/**
 * Writes down what a login did in every workspace it is a member of. It follows the change instead of sharing its
 * transaction: the sign-in library commits by itself.
 */
export async function recordLoginAudit(
  services: Pick<Services, 'postgres' | 'clock'>,
  audit: LoginAudit,
): Promise<void> {
  const { postgres, clock } = services;
  const memberships = await listMemberships(postgres, audit.loginId);
  if (memberships.length === 0) return;
  const nowMs = clock.now();
  const rows = memberships.map((membership) => ({
    workspaceId: membership.workspace_id,
    id: newUuid(nowMs),
    memberId: membership.member_id,
  }));
  await insertLoginAudit(postgres, rows, {
    at: new Date(nowMs),
    isActor: audit.isProven,
    ip: audit.ip ?? null,
    action: audit.action,
    detail: audit.detail === undefined ? null : JSON.stringify(audit.detail),
  });
}
