import { newWrappedWorkspaceKey } from '../../platform/crypto/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import type { Postgres, Sql } from '../../platform/postgres/index.ts';
import { findFirstWorkspaceId, insertApiKey, insertWorkspace, insertWriteKey, lockFirstStart } from './account-store.ts';
import { generateKey, hashApiKey } from './keys.ts';

export interface FirstWorkspace {
  readonly workspaceId: number;
  /** Keys made now because none were given; shown once, stored only as far as needed to check them. */
  readonly generated: { apiKey?: string; writeKey?: string };
}

/** Creates the first workspace with its keys, once. Answers the one that exists otherwise. */
export async function ensureFirstWorkspace(
  postgres: Postgres,
  options: {
    secret: Buffer;
    nowMs: number;
    scopes: readonly string[];
    apiKey?: string | undefined;
    writeKey?: string | undefined;
    setUp: (sql: Sql, workspaceId: number) => Promise<void>;
  },
): Promise<FirstWorkspace> {
  return postgres.transaction(async (sql) => {
    await lockFirstStart(sql);
    const existing = await findFirstWorkspaceId(sql);
    if (existing !== undefined) return { workspaceId: existing, generated: {} };
    const workspaceId = await insertWorkspace(sql, { name: 'Shop', wrappedKey: newWrappedWorkspaceKey(options.secret) });
    const apiKey = options.apiKey ?? generateKey('sk');
    const writeKey = options.writeKey ?? generateKey('wk');
    await insertApiKey(sql, {
      id: newUuid(options.nowMs),
      workspaceId,
      hash: hashApiKey(apiKey),
      name: 'First key',
      scopes: options.scopes,
    });
    await insertWriteKey(sql, { workspaceId, key: writeKey, name: 'First source' });
    await options.setUp(sql, workspaceId);
    return {
      workspaceId,
      generated: {
        ...(options.apiKey === undefined ? { apiKey } : {}),
        ...(options.writeKey === undefined ? { writeKey } : {}),
      },
    };
  });
}
