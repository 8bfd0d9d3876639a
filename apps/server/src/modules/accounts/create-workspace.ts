import { newWrappedWorkspaceKey } from '../../platform/crypto/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { insertApiKey, insertWorkspace, insertWriteKey } from './account-store.ts';
import { generateKey, hashApiKey } from './keys.ts';

export interface NewWorkspace {
  readonly name: string;
  /** The installation's secret: wraps the workspace's own key. */
  readonly secret: Buffer;
  readonly nowMs: number;
  /** What its first API key may do. */
  readonly scopes: readonly string[];
  readonly apiKey?: string | undefined;
  readonly writeKey?: string | undefined;
}

/** Creates a workspace with its first API key and write key; keys that are not given are made. Only a hash of the API key is kept. */
export async function createWorkspace(
  sql: Sql,
  workspace: NewWorkspace,
): Promise<{ workspaceId: number; apiKey: string; writeKey: string }> {
  const { name, secret, nowMs, scopes, apiKey = generateKey('sk'), writeKey = generateKey('wk') } = workspace;
  const workspaceId = await insertWorkspace(sql, { name, wrappedKey: newWrappedWorkspaceKey(secret) });
  await insertApiKey(sql, { id: newUuid(nowMs), workspaceId, hash: hashApiKey(apiKey), name: 'First key', scopes });
  await insertWriteKey(sql, { workspaceId, key: writeKey, name: 'First source' });
  return { workspaceId, apiKey, writeKey };
}
