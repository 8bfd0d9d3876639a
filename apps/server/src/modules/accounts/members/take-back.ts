import type { Role, TakenBack } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { lockKeysMadeBy, type MadeKeyRow, updateKeyMaker, updateKeyScopes } from '../api-key-store.ts';
import { recordAudit } from '../record-audit.ts';
import { revokeInvitesBy } from './invite-store.ts';
import type { LockedAuthority } from './lock-authority.ts';
import { holdsAll, rolesNotHersToGive, scopesLeft } from './member-rules.ts';

interface Change {
  readonly memberId: string;
  /** What she is now; undefined: no member any more. */
  readonly role: Role | undefined;
  /** Keys that she could not make any more stay; whoever decides so answers for them. */
  readonly keepKeys: boolean;
  readonly by: LockedAuthority;
}

/** A key that goes beyond what its maker may do now, and what would be left of it. */
interface Beyond {
  readonly key: MadeKeyRow;
  readonly left: readonly string[];
}

/**
 * Takes back what a member gave out and could give out no more: her open invites, and her keys as far as they go beyond
 * her role. In the transaction of the change itself, with the members locked.
 */
export async function takeBack(ctx: TxCtx, change: Change): Promise<TakenBack> {
  const { memberId, role, keepKeys } = change;
  const at = new Date(ctx.clock.now());
  const roles = rolesNotHersToGive(role);
  const invites = await revokeInvitesBy(ctx.sql, ctx.workspaceId, { memberId, roles, at });
  const beyond = (await lockKeysMadeBy(ctx.sql, ctx.workspaceId, { memberId, now: at }))
    .map((key): Beyond => ({ key, left: scopesLeft(key.scopes, role) }))
    .filter(({ key, left }) => left.length < key.scopes.length || !left.every((scope) => key.scopes.includes(scope)));
  if (beyond.length > 0) await (keepKeys ? keep(ctx, change, beyond) : cut(ctx, beyond, at));
  const [kept, lost] = keepKeys ? [beyond, []] : [[], beyond];
  const revoked = lost.filter(({ left }) => left.length === 0);
  const limited = lost.filter(({ left }) => left.length > 0);
  await audit(ctx, { memberId, invites, kept, revoked, limited });
  return {
    keysRevoked: revoked.map(present),
    keysLimited: limited.map(present),
    keysKept: kept.map(present),
    invitesRevoked: invites.map((id) => publicId('inv', id)),
  };
}

async function cut(ctx: TxCtx, beyond: readonly Beyond[], at: Date): Promise<void> {
  const keys = beyond.map(({ key, left }) => ({ id: key.id, scopes: left }));
  await updateKeyScopes(ctx.sql, ctx.workspaceId, { keys, at });
}

/** A key is nobody's to keep who could not make it, nor whose power it would go beyond. */
async function keep(ctx: TxCtx, { by, memberId }: Change, beyond: readonly Beyond[]): Promise<void> {
  if (by.memberId === memberId) {
    throw new AppError('forbidden', 'Nobody keeps her own keys when she may do less', {
      details: [{ field: 'keepKeys', message: 'leave it out, or let another owner or admin make this change' }],
    });
  }
  const tooMuch = beyond.filter(({ key }) => !holdsAll(by, key.scopes));
  if (tooMuch.length > 0) {
    const names = tooMuch.map(({ key }) => key.prefix).join(', ');
    throw new AppError('forbidden', 'You keep no key that may do more than you may', {
      details: [{ field: 'keepKeys', message: `leave it out, or revoke ${names} first` }],
    });
  }
  await updateKeyMaker(ctx.sql, ctx.workspaceId, { ids: beyond.map(({ key }) => key.id), memberId: by.memberId });
}

async function audit(
  ctx: TxCtx,
  taken: {
    memberId: string;
    invites: readonly string[];
    kept: readonly Beyond[];
    revoked: readonly Beyond[];
    limited: readonly Beyond[];
  },
): Promise<void> {
  const maker = publicId('mbr', taken.memberId);
  const ofKeys = (action: string, of: readonly Beyond[], detailOf: (one: Beyond) => JsonObject) =>
    of.map((one) => ({ action, subject: publicId('key', one.key.id), detail: { maker, ...detailOf(one) } }));
  const entries = [
    ...taken.invites.map((id) => ({ action: 'invite.revoked', subject: publicId('inv', id), detail: { maker } })),
    ...ofKeys('api_key.revoked', taken.revoked, () => ({})),
    ...ofKeys('api_key.limited', taken.limited, ({ left }) => ({ scopes: [...left] })),
    ...ofKeys('api_key.kept', taken.kept, ({ key }) => ({ scopes: key.scopes })),
  ];
  for (const entry of entries) await recordAudit(ctx, entry);
}

function present({ key }: Beyond) {
  return { id: publicId('key', key.id), name: key.name, prefix: key.prefix };
}
