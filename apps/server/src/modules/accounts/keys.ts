import { createHash, randomBytes } from 'node:crypto';
import { openWorkspaceKeys, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import { AppError } from '../../platform/errors.ts';
import type { Actor } from '../../platform/context.ts';
import { GenerationCache } from '../../platform/generation-cache.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { findApiKey, findWriteKey, readWrappedKey } from './account-store.ts';

/** A revoked key stops working within this time in every process. */
const CACHE_MS = 5_000;
const CACHE_ENTRIES_MAX = 10_000;
/** No key is longer; what is, is not looked up. */
const KEY_CHARS_MAX = 1_000;
/** Longer keys are remembered by their hash, so that junk takes no more memory than keys do. */
const CACHED_CHARS_MAX = 64;
const PREFIX_CHARS = 8;

export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

export function generateKey(prefix: 'sk' | 'wk'): string {
  return `${prefix}_${randomBytes(24).toString('base64url')}`;
}

/** What a key is recognised by in lists; of a short key chosen by hand less is told. */
export function keyPrefix(key: string): string {
  return key.slice(0, Math.min(PREFIX_CHARS, Math.floor(key.length / 3)));
}

/** Where events come from, as intake needs to know it. */
export interface Source {
  readonly workspaceId: number;
  readonly id: string;
  /** Short, because it goes with every event. */
  readonly number: number;
  readonly isEnabled: boolean;
  /** An email or phone in its events is known to be the customer's, not only claimed by whoever typed it. */
  readonly isTrusted: boolean;
}

/** What an API key stands for. */
export interface KeyHolder {
  readonly workspaceId: number;
  readonly actor: Actor & { readonly kind: 'apiKey' };
  /** Undefined: it does not end by itself. */
  readonly expiresAtMs: number | undefined;
}

/** Answers what a key may do; remembers answers briefly, wrong keys too. */
export interface KeyRing {
  findSource(writeKey: string): Promise<Source | undefined>;
  /** An expired key is found too: whoever sends it should be told. */
  findActor(apiKey: string): Promise<KeyHolder | undefined>;
  keysOf(workspaceId: number): Promise<WorkspaceKeys>;
}

export function createKeyRing(sql: Sql, secret: Buffer): KeyRing {
  const sources = createBriefCache(async (key: string) => {
    const row = await findWriteKey(sql, key);
    if (row === undefined) return undefined;
    return {
      workspaceId: row.workspace_id,
      id: row.source_id,
      number: row.source_number,
      isEnabled: row.enabled,
      isTrusted: row.trusted,
    };
  });
  const actors = createBriefCache(async (key: string) => {
    const row = await findApiKey(sql, hashApiKey(key));
    if (row === undefined) return undefined;
    const actor = { kind: 'apiKey', id: row.id, scopes: row.scopes } as const;
    return { workspaceId: row.workspace_id, actor, expiresAtMs: row.expires_at?.getTime() };
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

/** Remembers answers briefly. Keys that open nothing are kept apart, so that however many are tried, no right one is forgotten. */
function createBriefCache<T>(load: (key: string) => Promise<T | undefined>): (key: string) => Promise<T | undefined> {
  const known = new GenerationCache<string, Remembered<T>>(CACHE_ENTRIES_MAX);
  const others = new GenerationCache<string, Remembered<T>>(CACHE_ENTRIES_MAX);
  return (key) => {
    if (key.length > KEY_CHARS_MAX) return Promise.resolve(undefined);
    const nowMs = performance.now();
    const name = key.length > CACHED_CHARS_MAX ? hashApiKey(key).toString('base64') : key;
    const hit = known.get(name) ?? others.get(name);
    if (hit !== undefined && hit.until > nowMs) return hit.value;
    known.delete(name);
    const answer = { value: load(key), until: nowMs + CACHE_MS };
    others.set(name, answer);
    answer.value.then(
      (value) => {
        if (value === undefined) return;
        others.delete(name);
        known.set(name, answer);
      },
      () => others.delete(name),
    );
    return answer.value;
  };
}

interface Remembered<T> {
  readonly value: Promise<T | undefined>;
  readonly until: number;
}
