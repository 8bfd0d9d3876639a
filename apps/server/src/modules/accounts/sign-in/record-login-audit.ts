import type { Services } from '../../../platform/context.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { chainAudit, microseconds } from '../chain-audit.ts';
import { listMemberships } from './login-store.ts';

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
  services: Pick<Services, 'postgres' | 'clock' | 'keysOf'>,
  audit: LoginAudit,
): Promise<void> {
  const { postgres, clock } = services;
  const memberships = await listMemberships(postgres, audit.loginId);
  if (memberships.length === 0) return;
  const nowMs = clock.now();
  const parts = await Promise.all(
    memberships.map(async ({ workspace_id: workspaceId, member_id: memberId }) => ({
      workspaceId,
      keys: await services.keysOf(workspaceId),
      entries: [
        {
          id: newUuid(nowMs),
          atUs: microseconds(nowMs),
          actorKind: audit.isProven ? 'member' : 'system',
          actorId: audit.isProven ? memberId : 'sign-in',
          ip: audit.ip ?? null,
          action: audit.action,
          subject: publicId('mbr', memberId),
          detail: audit.detail ?? null,
        },
      ],
    })),
  );
  await postgres.transaction((sql) => chainAudit(sql, parts, nowMs));
}
