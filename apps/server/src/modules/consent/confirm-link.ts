import type { Services } from '../../platform/context.ts';
import { readToken, signToken, tokenWorkspace, type WorkspaceKeys } from '../../platform/crypto/index.ts';

/** What a confirmation link knows. */
export interface ConfirmLink {
  readonly workspaceId: number;
  readonly confirmationId: string;
  /** Public id of the message it stands in: part of the proof. */
  readonly messageId: string;
  /** Hash of the address the message went to: what is confirmed by it is confirmed for this one. Older links name none. */
  readonly addressHash: string | undefined;
}

/** GET shows a page with a button, POST confirms: mail scanners follow links, they do not press buttons. */
export function confirmUrl(
  keys: Pick<WorkspaceKeys, 'signing'>,
  {
    workspaceId,
    confirmationId,
    messageId,
    addressHash,
    publicUrl,
  }: ConfirmLink & { addressHash: string; publicUrl: string },
): string {
  const payload = [2, confirmationId, messageId, addressHash];
  const token = signToken(keys.signing, { purpose: 'confirm', workspaceId, payload });
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
  const [, confirmationId, messageId, addressHash] = payload as [1 | 2, string, string, string?];
  return { workspaceId, confirmationId, messageId, addressHash };
}
