import { createHash } from 'node:crypto';
import { newWrappedWorkspaceKey } from '../../../platform/crypto/index.ts';
import { EVERY_SCOPE } from '@segue/contract';
import { SECRET, type World } from './world.ts';

/** A neighbour in the same databases. */
export async function addWorkspace(world: World): Promise<{ writeKey: string; apiKey: string }> {
  const { postgres } = world.services;
  const { rows } = await postgres.query<{ id: number }>({
    text: 'insert into workspace (name, wrapped_key) values ($1, $2) returning id',
    values: ['Neighbour', newWrappedWorkspaceKey(SECRET)],
  });
  const workspaceId = rows[0]!.id;
  const keys = { writeKey: `neighbour-${workspaceId}`, apiKey: `neighbour-api-${workspaceId}` };
  await postgres.query({
    text: `with made as (insert into source (workspace_id, id, name) values ($1, gen_random_uuid(), $3) returning id)
           insert into write_key (workspace_id, source_id, key, name) select $1, id, $2, $3 from made`,
    values: [workspaceId, keys.writeKey, 'Neighbour'],
  });
  await postgres.query({
    text: 'insert into api_key (id, workspace_id, hash, name, scopes) values (gen_random_uuid(), $1, $2, $3, $4)',
    values: [workspaceId, createHash('sha256').update(keys.apiKey).digest(), 'Neighbour', [EVERY_SCOPE]],
  });
  return keys;
}
