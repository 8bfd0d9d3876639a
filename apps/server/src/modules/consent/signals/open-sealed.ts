import { open } from '../../../platform/crypto/index.ts';
import type { EventBatch, LoggedEvent } from '../../../platform/eventlog/index.ts';
import { isJsonObject, type JsonObject } from '../../../platform/json.ts';
import { openNodeKeys } from '../../profiles/index.ts';

/** What is personal in events, opened; nothing of those whose owner was erased. One query, none without such events. */
export async function openSealed(
  batch: Pick<EventBatch, 'sql' | 'workspaceId' | 'keysOf'>,
  events: readonly LoggedEvent[],
): Promise<ReadonlyMap<LoggedEvent, JsonObject>> {
  const sealed = events.filter((event) => event.sealed !== '' && event.nodes.length > 0);
  if (sealed.length === 0) return new Map();
  const { sql, workspaceId } = batch;
  const keys = await openNodeKeys(
    { sql, workspaceId, keys: await batch.keysOf(workspaceId) },
    sealed.map((event) => event.nodes[0]!.id),
  );
  const opened = new Map<LoggedEvent, JsonObject>();
  for (const event of sealed) {
    const key = keys.get(event.nodes[0]!.id);
    if (key === undefined) continue;
    const personal: unknown = JSON.parse(open(key, Buffer.from(event.sealed, 'base64')).toString('utf8'));
    if (isJsonObject(personal)) opened.set(event, personal);
  }
  return opened;
}
