import type { Services } from '../../platform/context.ts';
import { readToken, signToken, tokenWorkspace, type WorkspaceKeys } from '../../platform/crypto/index.ts';

/** What a confirmation link knows. */
export interface ConfirmLink {
  readonly workspaceId: number;
  readonly confirmationId: string;
  /** Public id of the message it stands in: part of the proof. */
  readonly messageId: string;
}

/** GET shows a page with a button, POST confirms: mail scanners follow links, they do not press buttons. */
export function confirmUrl(
  keys: Pick<WorkspaceKeys, 'signing'>,
  { workspaceId, confirmationId, messageId, publicUrl }: ConfirmLink & { publicUrl: string },
): string {
  const token = signToken(keys.signing, { purpose: 'confirm', workspaceId, payload: [1, confirmationId, messageId] });
  return `${publicUrl.replace(/\/+$/, '')}/p/c/${token}`;
}

/** Undefined when we never made this link. */
export async function readConfirmToken(
  services: Pick<Services, 'keysOf'>,
  token: string,
): Promise<ConfirmLink | undefined> {
  const workspaceId = tokenWorkspace(token);
  if (workspaceId === undefined) return undefined;
  const payload = readToken((await services.keysOf(workspaceId)).signing, 'confirm', token);
  if (!Array.isArray(payload)) return undefined;
  const [, confirmationId, messageId] = payload as [1, string, string];
  return { workspaceId, confirmationId, messageId };
}
