import { createHash, randomBytes } from 'node:crypto';
import type { Invite } from '@segue/contract';
import { publicId } from '../../../platform/ids/index.ts';
import type { InviteRow } from './invite-store.ts';

export const INVITE_MS = 7 * 24 * 3_600_000;

/** What only the link holds; we keep its hash. */
export function newInviteToken(): { token: string; hash: Buffer } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashInviteToken(token) };
}

export function hashInviteToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

export function inviteState(row: InviteRow, nowMs: number): Invite['state'] {
  if (row.accepted_at !== null) return 'accepted';
  if (row.revoked_at !== null) return 'revoked';
  return row.expires_at.getTime() <= nowMs ? 'expired' : 'open';
}

export function presentInvite(row: InviteRow, nowMs: number): Invite {
  return {
    id: publicId('inv', row.id),
    email: row.email,
    role: row.role,
    state: inviteState(row, nowMs),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
