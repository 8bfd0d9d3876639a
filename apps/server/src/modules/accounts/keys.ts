import { createHash, randomBytes } from 'node:crypto';
import { openWorkspaceKeys, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import { AppError } from '../../platform/errors.ts';
import type { Actor } from '../../platform/context.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { findApiKey, findWriteKey, readWrappedKey } from './account-store.ts';

/** A revoked key stops working within this time in every process. */
const CACHE_MS = 5_000;
const CACHE_ENTRIES_MAX = 10_000;

export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

export function generateKey(prefix: 'sk' | 'wk'): string {
  return `${prefix}_${randomBytes(24).toString('base64url')}`;
}

/** Answers what a key may do; remembers answers briefly, wrong keys too. */
export interface KeyRing {
  findSource(writeKey: string): Promise<{ workspaceId: number } | undefined>;
  findActor(apiKey: string): Promise<{ workspaceId: number; actor: Actor } | undefined>;
  keysOf(workspaceId: number): Promise<WorkspaceKeys>;
}

export function createKeyRing(sql: Sql, secret: Buffer): KeyRing {
  const sources = createBriefCache(async (key: string) => {
    const row = await findWriteKey(sql, key);
    return row === undefined ? undefined : { workspaceId: row.workspace_id };
  });
  const actors = createBriefCache(async (key: string) => {
    const row = await findApiKey(sql, hashApiKey(key));
    if (row === undefined) return undefined;
    const actor: Actor = { kind: 'apiKey', id: row.id, scopes: row.scopes };
    return { workspaceId: row.workspace_id, actor };
  });
  const opened = new Map<number, Promise<WorkspaceKeys>>();
  return {
    findSource: sources,
    findActor: actors,
    keysOf(workspaceId) {
      let keys = opened.get(workspaceId);
      if (keys === undefined) {
        keys = openKeys(sql, secret, workspaceId);
        keys.catch(() => opened.delete(workspaceId));
        opened.set(workspaceId, keys);
      }
      return keys;
    },
  };
}

async function openKeys(sql: Sql, secret: Buffer, workspaceId: number): Promise<WorkspaceKeys> {
  const wrapped = await readWrappedKey(sql, workspaceId);
  if (wrapped === undefined) throw new AppError('not_found', `There is no workspace ${workspaceId}`);
  try {
    return openWorkspaceKeys(secret, wrapped);
  } catch (cause) {
    throw new Error('SEGUE_SECRET is not the one this data was sealed with; start with the secret of the first start', {
      cause,
    });
  }
}

function createBriefCache<T>(load: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const cached = new Map<string, { value: Promise<T>; until: number }>();
  return (key) => {
    const nowMs = performance.now();
    const hit = cached.get(key);
    if (hit !== undefined && hit.until > nowMs) return hit.value;
    if (cached.size >= CACHE_ENTRIES_MAX) cached.clear();
    const value = load(key);
    value.catch(() => cached.delete(key));
    cached.set(key, { value, until: nowMs + CACHE_MS });
    return value;
  };
}
