import { describe, expect, it } from 'vitest';
import type { LoggedEvent } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { readConsentEvent } from './read-consent-event.ts';

function event(name: string, properties: JsonObject, changes: Partial<LoggedEvent> = {}): LoggedEvent {
  return {
    workspaceId: 1,
    id: 'm1',
    type: 'track',
    name,
    occurredAt: 1_000,
    receivedAt: 2_000,
    nodes: [{ kind: 10, id: 5 }],
    sealed: '',
    payload: { properties },
    log: 0,
    lane: 0,
    seq: 1,
    ...changes,
  };
}
const HASH = '00112233-4455-6677-8899-aabbccddeeff';

describe('a consent event', () => {
  it('is heard with its proof, however it is spelt', () => {
    const read = readConsentEvent(
      event('Consent Updated', {
        channel: ' Email',
        topic: 'Marketing',
        status: 'GRANTED',
        source: 'checkout',
        text: 'Yes, write to me',
      }),
    );
    expect(read).toMatchObject({
      kind: 'word',
      channel: 'email',
      topic: 'marketing',
      status: 'granted',
      occurredAt: 1_000,
      source: 'checkout',
      proof: { text: 'Yes, write to me' },
    });
  });

  it('grants nothing that it does not name, and denies all when it names no topic', () => {
    expect(readConsentEvent(event('Consent Updated', { channel: 'email', status: 'granted' }))).toBeUndefined();
    expect(readConsentEvent(event('Consent Updated', { topic: 'marketing', status: 'granted' }))).toBeUndefined();
    expect(
      readConsentEvent(event('Consent Updated', { channel: 'email', topic: 'marketing', status: true })),
    ).toBeUndefined();
    expect(readConsentEvent(event('Consent Updated', { channel: 'email', status: 'denied' }))).toMatchObject({
      topic: '*',
      status: 'denied',
    });
    expect(readConsentEvent(event('Unsubscribed', {}))).toMatchObject({
      channel: 'email',
      topic: '*',
      status: 'denied',
    });
  });

  it('counts as said when it arrived at the latest, so that a clock ahead cannot outrank a later opt-out', () => {
    const said = { channel: 'email', topic: 'marketing', status: 'granted' };
    expect(readConsentEvent(event('Consent Updated', said, { occurredAt: 9_000 }))).toMatchObject({
      occurredAt: 2_000,
    });
  });

  it('suppresses an address only when Segue itself saw the bounce or complaint, and a bounce only when it is for good', () => {
    const bounced = { permanent: true, address_hash: HASH };
    expect(readConsentEvent(event('Email Bounced', bounced, { type: 'internal' }))).toMatchObject({
      kind: 'suppression',
      reason: 'hard_bounce',
      addressHash: HASH,
    });
    expect(
      readConsentEvent(event('Email Bounced', { ...bounced, permanent: false }, { type: 'internal' })),
    ).toBeUndefined();
    expect(readConsentEvent(event('Email Complained', { address_hash: HASH }, { type: 'internal' }))).toMatchObject({
      reason: 'complaint',
    });
    expect(readConsentEvent(event('Email Bounced', bounced))).toBeUndefined();
    expect(readConsentEvent(event('Email Complained', { address_hash: HASH }))).toBeUndefined();
  });
});
