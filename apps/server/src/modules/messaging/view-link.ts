import type { Services } from '../../platform/context.ts';
import { readToken, signToken, tokenWorkspace, type WorkspaceKeys } from '../../platform/crypto/index.ts';

/** So long a message can be read in a browser. */
export const VIEW_DAYS = 90;
const DAY_MS = 86_400_000;

export interface ViewLink {
  readonly workspaceId: number;
  /** The message's uuid. */
  readonly messageId: string;
  readonly expiresAt: number;
}

/** The page of a message, for whoever holds the mail. */
export function viewUrl(
  keys: Pick<WorkspaceKeys, 'signing'>,
  message: { workspaceId: number; messageId: string; madeAt: number; publicUrl: string },
): string {
  const payload = [1, message.messageId, message.madeAt + VIEW_DAYS * DAY_MS];
  const token = signToken(keys.signing, { purpose: 'view', workspaceId: message.workspaceId, payload });
  return `${message.publicUrl.replace(/\/+$/, '')}/m/${token}`;
}

/** Undefined when we never made this link. */
export async function readViewToken(services: Pick<Services, 'keysOf'>, token: string): Promise<ViewLink | undefined> {
  const workspaceId = tokenWorkspace(token);
  if (workspaceId === undefined) return undefined;
  const payload = readToken((await services.keysOf(workspaceId)).signing, 'view', token);
  if (!Array.isArray(payload)) return undefined;
  const [, messageId, expiresAt] = payload as [1, string, number];
  return { workspaceId, messageId, expiresAt };
}
