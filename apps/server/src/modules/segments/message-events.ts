import type { EventFilter, EventLeaf, MessageEngagement, MessageLeaf } from '@segue/contract';

/** How the product names what became of a message, on any channel. */
const NAMES: Readonly<Record<MessageEngagement, string>> = {
  sent: 'Message Sent',
  delivered: 'Message Delivered',
  opened: 'Message Opened',
  clicked: 'Message Clicked',
  replied: 'Message Replied',
  bounced: 'Message Bounced',
  failed: 'Message Failed',
  refused: 'Message Refused',
};

/**
 * What mail is told of by names that shops know from other senders of mail. What a machine opened or followed has names of
 * its own ("Email Opened By Machine"), so these are people.
 */
const NAMES_OF_MAIL: Partial<Readonly<Record<MessageEngagement, string>>> = {
  delivered: 'Email Delivered',
  opened: 'Email Opened',
  clicked: 'Email Link Clicked',
  bounced: 'Email Bounced',
};

/** Ids of Segue's own messages: what another sender of mail reports under the same names has none. */
const OWN_MESSAGE: EventFilter = { property: 'message_id', op: 'startsWith', value: 'msg_' };

/**
 * The events that a leaf about messages counts, as an event leaf of the same meaning. Without a channel deliveries, opens,
 * clicks and bounces are those of mail, the one channel that reports them.
 */
export function messageAsEvent(leaf: MessageLeaf): EventLeaf {
  const { message, channel, template, journey, ...rest } = leaf;
  const isMail = channel === undefined || channel === 'email';
  const mailName = isMail ? NAMES_OF_MAIL[message] : undefined;
  return {
    event: mailName ?? NAMES[message],
    where: [
      OWN_MESSAGE,
      ...(mailName === undefined ? same('channel', channel) : []),
      ...same('template_id', template),
      ...same('journey_id', journey),
    ],
    ...rest,
  };
}

function same(property: string, value: string | undefined): EventFilter[] {
  return value === undefined ? [] : [{ property, op: 'equals', value }];
}
