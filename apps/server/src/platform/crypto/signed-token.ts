import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Json } from '../json.ts';

/** What a token is for. It is part of what is signed, so a link of one kind never passes as another. */
export type TokenPurpose = 'unsubscribe' | 'click' | 'open' | 'view' | 'confirm' | 'probe';

const WORKSPACE_MAX = 2_147_483_647;
const WORKSPACE = /^[1-9]\d{0,9}$/;

/**
 * Text only the holder of `key` can have written: `<workspace>.<payload>.<HMAC-SHA256>`, the last two in base64url.
 * The payload is readable by whoever holds the token: put no personal value into it.
 */
export function signToken(key: Buffer, token: { purpose: TokenPurpose; workspaceId: number; payload: Json }): string {
  const body = `${token.workspaceId}.${Buffer.from(JSON.stringify(token.payload)).toString('base64url')}`;
  return `${body}.${mac(key, token.purpose, body).toString('base64url')}`;
}

/** The workspace whose key would have signed this; undefined when the text is no token at all. Trust nothing before `readToken`. */
export function tokenWorkspace(token: string): number | undefined {
  const parts = token.split('.');
  if (parts.length !== 3 || !WORKSPACE.test(parts[0]!)) return undefined;
  const workspaceId = Number(parts[0]);
  // More than the database counts to: nobody's.
  return workspaceId <= WORKSPACE_MAX ? workspaceId : undefined;
}

/** The payload of a token signed with this key for this purpose; undefined when it was not. */
export function readToken(key: Buffer, purpose: TokenPurpose, token: string): Json | undefined {
  const end = token.lastIndexOf('.');
  if (tokenWorkspace(token) === undefined) return undefined;
  const body = token.slice(0, end);
  const given = Buffer.from(token.slice(end + 1), 'base64url');
  const expected = mac(key, purpose, body);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return JSON.parse(Buffer.from(body.slice(body.indexOf('.') + 1), 'base64url').toString('utf8')) as Json;
}

function mac(key: Buffer, purpose: TokenPurpose, body: string): Buffer {
  return createHmac('sha256', key).update(`${purpose}\n${body}`).digest();
}
