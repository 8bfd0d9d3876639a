import { type EventBatch, finalOwners, type LoggedEvent } from '../../platform/eventlog/index.ts';
import { listTopics, readBrand } from '../consent/index.ts';
import { ensureConfirmationTemplate } from '../content/index.ts';
import { queueMessages } from './queue-messages.ts';
import type { MessageIntent } from './types.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Only Segue's own word counts: a public write key must not make it write to anybody. */
export function isConfirmationRequest(event: LoggedEvent): boolean {
  return event.type === 'internal' && event.name === 'Consent Confirmation Requested';
}

/** One mail for each confirmation, however often it is heard of. Whether it may go is decided by the gate. */
export async function queueConfirmations(batch: EventBatch): Promise<void> {
  const { sql, workspaceId, now } = batch;
  const entries = batch.entries.filter(({ event }) => isConfirmationRequest(event));
  if (entries.length === 0) return;
  const finals = finalOwners(batch.merges);
  const topics = new Map((await listTopics(sql, workspaceId)).map((one) => [one.topic, one]));
  const { language } = await readBrand(sql, workspaceId);
  const templateId = await ensureConfirmationTemplate(sql, workspaceId, { language, now });
  const intents = entries.flatMap(({ event, subject }): MessageIntent[] => {
    const { confirmation_id: confirmationId, topic } = event.payload.properties ?? {};
    const node = event.nodes[0];
    if (subject === undefined || node === undefined || typeof topic !== 'string') return [];
    if (typeof confirmationId !== 'string' || !UUID.test(confirmationId)) return [];
    const { name = topic, description = null } = topics.get(topic) ?? {};
    return [
      {
        intentKey: `confirmation:${confirmationId}`,
        profileId: finals.get(subject.id) ?? subject.id,
        node,
        channel: 'email',
        topic,
        templateId,
        variables: { topic_name: name, ...(description !== null && { topic_description: description }) },
        source: { kind: 'confirmation', confirmationId },
      },
    ];
  });
  await queueMessages(batch, intents);
}
