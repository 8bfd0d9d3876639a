import type { Postgres, Sql } from '../../platform/postgres/index.ts';
import { findFirstWorkspaceId, lockFirstStart } from './account-store.ts';
import { createWorkspace } from './create-workspace.ts';

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
    const { secret, nowMs, scopes } = options;
    const { workspaceId, apiKey, writeKey } = await createWorkspace(sql, {
      name: 'Shop',
      secret,
      nowMs,
      scopes,
      apiKey: options.apiKey,
      writeKey: options.writeKey,
    });
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
