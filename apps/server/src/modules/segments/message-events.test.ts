import { describe, expect, it } from 'vitest';
import { messageAsEvent } from './message-events.ts';

const own = { property: 'message_id', op: 'startsWith', value: 'msg_' };

describe('a leaf about messages', () => {
  it('counts what people did with mails, under the names machines do not have', () => {
    expect(messageAsEvent({ message: 'opened' })).toEqual({ event: 'Email Opened', where: [own] });
    expect(messageAsEvent({ message: 'clicked', channel: 'email', within: { days: 7 } })).toEqual({
      event: 'Email Link Clicked',
      where: [own],
      within: { days: 7 },
    });
    expect(messageAsEvent({ message: 'delivered' }).event).toBe('Email Delivered');
    expect(messageAsEvent({ message: 'replied' }).event).toBe('Message Replied');
    expect(messageAsEvent({ message: 'opened', channel: 'whatsapp' })).toEqual({
      event: 'Message Opened',
      where: [own, { property: 'channel', op: 'equals', value: 'whatsapp' }],
    });
  });

  it('narrows to a channel, a template and a journey, and keeps its period and count', () => {
    const leaf = {
      message: 'sent',
      channel: 'email',
      template: 'tpl_1',
      journey: 'jrn_1',
      count: { atLeast: 2 },
      during: 'thisMonth',
      zone: 'customer',
    } as const;
    expect(messageAsEvent(leaf)).toEqual({
      event: 'Message Sent',
      where: [
        own,
        { property: 'channel', op: 'equals', value: 'email' },
        { property: 'template_id', op: 'equals', value: 'tpl_1' },
        { property: 'journey_id', op: 'equals', value: 'jrn_1' },
      ],
      count: { atLeast: 2 },
      during: 'thisMonth',
      zone: 'customer',
    });
  });
});
