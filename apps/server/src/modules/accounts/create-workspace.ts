import { newWrappedWorkspaceKey } from '../../platform/crypto/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { insertWorkspace } from './account-store.ts';
import { insertApiKey } from './api-key-store.ts';
import { generateKey, hashApiKey, keyPrefix } from './keys.ts';
import { insertSource, insertWriteKey } from './source-store.ts';

export interface NewWorkspace {
  readonly name: string;
  /** The installation's secret: wraps the workspace's own key. */
  readonly secret: Buffer;
  readonly nowMs: number;
  /** What its first API key may do. */
  readonly scopes: readonly string[];
  readonly apiKey?: string | undefined;
  readonly writeKey?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly currency?: string | undefined;
  readonly language?: string | undefined;
  /** The member who answers for its first API key; undefined: whoever runs the installation. */
  readonly createdBy?: string | undefined;
}

/** Creates a workspace with its first API key and write key; keys that are not given are made. Only a hash of the API key is kept. */
export async function createWorkspace(
  sql: Sql,
  workspace: NewWorkspace,
): Promise<{ workspaceId: number; apiKey: string; writeKey: string }> {
  const { secret, nowMs, scopes, apiKey = generateKey('sk'), writeKey = generateKey('wk') } = workspace;
  const { name, timeZone = 'UTC', currency = 'EUR', language = 'en', createdBy } = workspace;
  const at = new Date(nowMs);
  const wrappedKey = newWrappedWorkspaceKey(secret);
  const workspaceId = await insertWorkspace(sql, { name, wrappedKey, timeZone, currency, language });
  const key = { id: newUuid(nowMs), hash: hashApiKey(apiKey), prefix: keyPrefix(apiKey), name: 'First key' };
  await insertApiKey(sql, { ...key, workspaceId, scopes, at, createdBy });
  const source = { workspaceId, id: newUuid(nowMs), name: 'First source', kind: 'website', trusted: false, at };
  await insertSource(sql, source);
  const first = { workspaceId, id: newUuid(nowMs), sourceId: source.id, key: writeKey, name: 'First key', at };
  await insertWriteKey(sql, first);
  return { workspaceId, apiKey, writeKey };
}
