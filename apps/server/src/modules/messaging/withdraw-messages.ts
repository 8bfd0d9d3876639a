import type { SubjectBatch } from '../../platform/eventlog/index.ts';
import { messageEvent } from './message-events.ts';
import { refuseMessages } from './message-store.ts';
import type { RunMessage } from './move-store.ts';

/** Refuses messages that wait, under the locks of their profiles: whoever asked for them wants them no more. */
export async function withdrawMessages(
  batch: SubjectBatch,
  { messages, reason }: { messages: readonly RunMessage[]; reason: string },
): Promise<void> {
  const refusal = { by: 'goal', reason } as const;
  const refusals = messages.map(({ id }) => ({ id, ...refusal }));
  await refuseMessages(batch.sql, batch.workspaceId, { refusals, now: batch.now });
  for (const message of messages) batch.emit(messageEvent('Message Refused', message, { now: batch.now, ...refusal }));
}
