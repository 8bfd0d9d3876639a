import { seal } from '../../platform/crypto/index.ts';
import type { SubjectBatch } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { openNodeKeys } from '../profiles/index.ts';
import { currentTemplateVersion } from '../content/index.ts';
import { insertMessages } from './message-store.ts';
import type { MessageIntent } from './types.ts';

/**
 * Queues messages in the transaction of their cause. An intent key that is known is passed by, so a cause that is
 * processed again queues nothing twice. Answers the ids of what it queued. One statement a table, whatever the number of intents.
 *
 * Example: `await queueMessages(batch, [{ intentKey: 'run_1:email:0', profileId, node, channel: 'email', … }])`.
 */
export async function queueMessages(
  batch: Pick<SubjectBatch, 'workspaceId' | 'sql' | 'now' | 'keysOf'>,
  intents: readonly MessageIntent[],
): Promise<readonly string[]> {
  if (intents.length === 0) return [];
  const { workspaceId, sql, now } = batch;
  const versions = await currentTemplateVersion(sql, workspaceId, [
    ...new Set(intents.flatMap((intent) => intent.templateId ?? [])),
  ]);
  const sealed = intents.filter(hasSealed).map((intent) => intent.node.id);
  const nodeKeys = await openNodeKeys({ sql, workspaceId, keys: await batch.keysOf(workspaceId) }, [
    ...new Set(sealed),
  ]);
  const messages = intents.map((intent) => {
    const key = hasSealed(intent) ? nodeKeys.get(intent.node.id) : undefined;
    const sealedOf = (value: unknown) => (key === undefined ? null : seal(key, JSON.stringify(value)));
    return {
      id: newUuid(now),
      intent,
      templateVersionId: intent.templateId === undefined ? undefined : versions.get(intent.templateId),
      // Without a key its owner was erased: nothing of hers is kept.
      variables: hasVariables(intent) ? sealedOf(intent.variables) : null,
      inline: intent.inline === undefined ? null : sealedOf(intent.inline),
    };
  });
  return insertMessages(sql, workspaceId, { messages, now });
}

function hasSealed(intent: MessageIntent): boolean {
  return hasVariables(intent) || intent.inline !== undefined;
}

function hasVariables(intent: MessageIntent): boolean {
  return Object.keys(intent.variables).length > 0;
}
