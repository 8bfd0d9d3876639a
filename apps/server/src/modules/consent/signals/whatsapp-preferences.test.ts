import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWhatsAppPreferences } from './whatsapp-preferences.ts';

const BODY = {
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '102290129340398',
      changes: [
        {
          value: {
            messaging_product: 'whatsapp',
            metadata: { display_phone_number: '15550783881', phone_number_id: '106540352242922' },
            contacts: [{ profile: { name: 'A customer' }, wa_id: '16505551234' }],
            user_preferences: [
              {
                wa_id: '16505551234',
                detail: 'User requested to stop marketing messages',
                category: 'marketing_messages',
                value: 'stop',
                timestamp: 1739321024,
              },
            ],
          },
          field: 'user_preferences',
        },
      ],
    },
  ],
};

describe('a user_preferences webhook of WhatsApp', () => {
  it('says who stopped marketing messages, and when', () => {
    const stop = {
      phone: '+16505551234',
      userId: undefined,
      value: 'stop',
      occurredAt: 1_739_321_024_000,
      detail: 'User requested to stop marketing messages',
    };
    expect(readWhatsAppPreferences(BODY)).toEqual([stop]);
    expect(readWhatsAppPreferences(BODY.entry[0]!.changes[0]!.value)).toEqual([stop]);
  });

  it('is understood without a phone number, and with its time as text', () => {
    const preference = { user_id: 'US.1349', category: 'marketing_messages', value: 'resume', timestamp: '1739321025' };
    expect(readWhatsAppPreferences({ user_preferences: [preference] })).toEqual([
      { phone: undefined, userId: 'US.1349', value: 'resume', occurredAt: 1_739_321_025_000, detail: undefined },
    ]);
  });

  it('says nothing it does not say', () => {
    const one = { wa_id: '16505551234', category: 'marketing_messages', value: 'stop' };
    expect(readWhatsAppPreferences({ user_preferences: [{ ...one, category: 'service_messages' }] })).toEqual([]);
    expect(readWhatsAppPreferences({ user_preferences: [{ ...one, value: 'maybe' }] })).toEqual([]);
    expect(
      readWhatsAppPreferences({ entry: [{ changes: [{ field: 'messages', value: { user_preferences: [one] } }] }] }),
    ).toEqual([]);
    fc.assert(fc.property(fc.anything(), (payload) => Array.isArray(readWhatsAppPreferences(payload))));
  });
});
