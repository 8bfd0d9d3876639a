import { createHash, randomBytes } from 'node:crypto';
import type { Scope } from '@segue/contract';
import { publicId } from '../../../platform/ids/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { API_KEY, type Answer, type World, WRITE_KEY } from './world.ts';

/** The public id of the source a write key belongs to. */
export async function sourceIdOf(world: World, writeKey = WRITE_KEY): Promise<string> {
  const { rows } = await world.services.postgres.query<{ source_id: string }>({
    text: 'select source_id from write_key where key = $1',
    values: [writeKey],
  });
  return publicId('src', rows[0]!.source_id);
}

/** Calls the management API; a body that is empty is answered as {}. */
export async function call(
  world: World,
  request: { method: 'GET' | 'POST' | 'DELETE'; path: string; body?: JsonObject; key?: string },
): Promise<Answer> {
  const response = await world.http.inject({
    method: request.method,
    url: request.path,
    headers: { authorization: `Bearer ${request.key ?? API_KEY}` },
    ...(request.body === undefined ? {} : { payload: request.body }),
  });
  const body = response.body === '' ? {} : (response.json() as JsonObject);
  return { status: response.statusCode, headers: response.headers, body };
}

/** An API key of the first workspace that may do only this. */
export async function addKey(world: World, scopes: readonly Scope[]): Promise<string> {
  const key = `key-${randomBytes(8).toString('hex')}`;
  await world.services.postgres.query({
    text: 'insert into api_key (id, workspace_id, hash, name, scopes) values (gen_random_uuid(), $1, $2, $3, $4)',
    values: [world.ctx.workspaceId, createHash('sha256').update(key).digest(), 'Narrow', scopes],
  });
  return key;
}

/** Until it holds. */
export async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const givenUpAt = performance.now() + 15_000;
  while (performance.now() < givenUpAt) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${what} did not come true in time`);
}

/** Actions in the audit of the workspace, oldest first. */
export async function auditedActions(world: World): Promise<string[]> {
  const { rows } = await world.services.postgres.query<{ action: string }>({
    text: 'select action from audit_entry where workspace_id = $1 order by id',
    values: [world.ctx.workspaceId],
  });
  return rows.map(({ action }) => action);
}
