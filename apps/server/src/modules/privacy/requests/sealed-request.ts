import { blindHash, deriveKey, open, seal, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { uuidText } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { Identifier } from '../../profiles/index.ts';

/** What a request keeps only while it runs. */
export interface RequestSecret {
  readonly identifiers: readonly Identifier[];
  readonly note?: string | undefined;
}

export function sealRequest(keys: WorkspaceKeys, secret: RequestSecret): Buffer {
  return seal(requestKey(keys), JSON.stringify(secret));
}

export function openRequest(keys: WorkspaceKeys, sealed: Buffer | null): RequestSecret {
  if (sealed === null) return { identifiers: [] };
  return JSON.parse(open(requestKey(keys), sealed).toString('utf8')) as RequestSecret;
}

export function sealPiece(keys: WorkspaceKeys, piece: JsonObject): Buffer {
  return seal(requestKey(keys), JSON.stringify(piece));
}

export function openPiece(keys: WorkspaceKeys, sealed: Buffer): JsonObject {
  return JSON.parse(open(requestKey(keys), sealed).toString('utf8')) as JsonObject;
}

/** What an identifier is recognised by in requests and receipts; tells nothing to whoever has no key. */
export function requestHash(keys: WorkspaceKeys, { kind, value }: Identifier): string {
  return uuidText(blindHash(requestKey(keys), `${kind}\n${value}`));
}

function requestKey(keys: WorkspaceKeys): Buffer {
  return deriveKey(keys.wrapping, 'privacy request');
}
