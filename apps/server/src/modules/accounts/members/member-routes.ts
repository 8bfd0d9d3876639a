import { api, type Member, type TakenBack } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../record-audit.ts';
import { lockAuthority, type LockedAuthority } from './lock-authority.ts';
import { decideRemoval, decideRoleChange } from './member-rules.ts';
import {
  countOwners,
  findMember,
  listMembers,
  markMemberRemoved,
  type MemberRow,
  updateMemberRole,
} from './member-store.ts';
import { requireAllowed } from './require-allowed.ts';
import { takeBack } from './take-back.ts';

/** Members of a workspace: list, change a role, remove. */
export const memberRoutes: Routes = (serve) => {
  serve(api.listMembers, async ({ ctx, query }) => {
    const afterId = decodeCursor(query.cursor, ['uuid'])?.[0];
    const rows = await listMembers(ctx.sql, ctx.workspaceId, {
      limit: query.limit + 1,
      afterId: afterId === undefined ? undefined : String(afterId),
    });
    return toPage(rows, { limit: query.limit, keyOf: (row) => [row.id], present: presentMember });
  });

  serve(api.updateMember, async ({ ctx, params, body }) => {
    const { authority, member, owners } = await lockMember(ctx, params.id);
    const { role: from } = member;
    const to = body.role;
    requireAllowed(decideRoleChange(authority, { from, to, owners }));
    if (from === to) return { ...presentMember(member), ...NOTHING_TAKEN };
    await updateMemberRole(ctx.sql, ctx.workspaceId, { id: member.id, role: to });
    const { keepKeys = false } = body;
    const taken = await takeBack(ctx, { memberId: member.id, role: to, keepKeys, by: authority });
    await recordAudit(ctx, {
      action: 'member.role_changed',
      subject: publicId('mbr', member.id),
      detail: { from, to, ...idsOf(taken) },
    });
    return { ...presentMember({ ...member, role: to }), ...taken };
  });

  serve(api.removeMember, async ({ ctx, params, query }) => {
    const { authority, member, owners } = await lockMember(ctx, params.id);
    requireAllowed(decideRemoval(authority, { role: member.role, owners }));
    await markMemberRemoved(ctx.sql, ctx.workspaceId, { id: member.id, at: new Date(ctx.clock.now()) });
    const keepKeys = query.keepKeys === 'true';
    const taken = await takeBack(ctx, { memberId: member.id, role: undefined, keepKeys, by: authority });
    await recordAudit(ctx, {
      action: 'member.removed',
      subject: publicId('mbr', member.id),
      detail: { role: member.role, ...idsOf(taken) },
    });
    return taken;
  });
};

const NOTHING_TAKEN: TakenBack = { keysRevoked: [], keysLimited: [], keysKept: [], invitesRevoked: [] };

/** What the audit says of it: which, not how they are called. */
function idsOf({ keysRevoked, keysLimited, keysKept, invitesRevoked }: TakenBack) {
  const ids = (keys: TakenBack['keysKept']) => keys.map((key) => key.id);
  return {
    keysRevoked: ids(keysRevoked),
    keysLimited: ids(keysLimited),
    keysKept: ids(keysKept),
    invitesRevoked,
  };
}

interface LockedMember {
  readonly authority: LockedAuthority;
  readonly member: MemberRow;
  readonly owners: number;
}

/** The member, how many owners there are, and what the caller may do now, held still until the transaction ends. */
async function lockMember(ctx: TxCtx, id: string): Promise<LockedMember> {
  const authority = await lockAuthority(ctx);
  const member = await findMember(ctx.sql, ctx.workspaceId, requirePublicId('mbr', id));
  if (member === undefined) throw new AppError('not_found', 'There is no such member');
  return { authority, member, owners: await countOwners(ctx.sql, ctx.workspaceId) };
}

function presentMember(row: MemberRow): Member {
  return {
    id: publicId('mbr', row.id),
    name: row.name,
    email: row.email,
    role: row.role,
    hasTotp: row.has_totp,
    createdAt: row.created_at.toISOString(),
    lastSignInAt: row.last_sign_in_at?.toISOString() ?? null,
  };
}
