import { causedId, type EmittedEvent } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import type { DueMessage } from './message-store.ts';
import type { EndedMessage } from './outcome-store.ts';

export type MessageEventName = 'Message Sent' | 'Message Refused' | 'Message Failed' | 'Message Unknown';

type Told = Pick<
  EndedMessage | DueMessage,
  'id' | 'profileId' | 'node' | 'channel' | 'topic' | 'templateId' | 'source'
>;

/** How a message ended, for whoever asked for it and for the timeline. */
export function messageEvent(
  name: MessageEventName,
  message: Told,
  at: { now: number; reason?: string; by?: string },
): EmittedEvent {
  return {
    subjectId: message.profileId,
    node: message.node,
    name,
    occurredAt: at.now,
    id: causedId(name, message.id),
    properties: {
      ...propertiesOf(message),
      ...(at.by !== undefined && { refused_by: at.by }),
      ...(at.reason !== undefined && { reason: at.reason }),
    },
  };
}

/** The mailbox does not exist: whoever keeps suppressions learns it from this. */
export function bounceEvent(message: EndedMessage, at: { now: number; reason: string }): EmittedEvent {
  return {
    subjectId: message.profileId,
    node: message.node,
    name: 'Email Bounced',
    occurredAt: at.now,
    id: causedId('Email Bounced', message.id),
    properties: {
      ...propertiesOf(message),
      permanent: true,
      reason: at.reason,
      ...(message.addressHash !== undefined && { address_hash: message.addressHash }),
    },
  };
}

function propertiesOf(message: Told): JsonObject {
  const { source } = message;
  return {
    message_id: publicId('msg', message.id),
    channel: message.channel,
    topic: message.topic,
    ...(message.templateId !== undefined && { template_id: publicId('tpl', message.templateId) }),
    ...(source.kind === 'journey' && {
      journey_id: publicId('jrn', source.journeyId),
      run_id: publicId('run', source.runId),
      step_id: source.stepId,
    }),
  };
}
