import type { SubjectBatch } from '../../../platform/eventlog/index.ts';
import { causeOfEvent } from '../read-consent-event.ts';
import { type ConsentFact, recordConsent } from '../record-consent.ts';

/** A word a signal comes to, and the event that tells the world. */
export interface SignalWord extends Omit<ConsentFact, 'cause'> {
  /** The same for the same signal, channel and topic. */
  readonly eventId: string;
}

/** Records words and emits `Unsubscribed` or `Consent Updated`, whose id is their cause: hearing it again adds nothing. */
export async function sayWords(
  batch: Pick<SubjectBatch, 'workspaceId' | 'sql' | 'now' | 'keysOf' | 'emit'>,
  words: readonly SignalWord[],
): Promise<void> {
  const facts = words.map(({ eventId, ...fact }) => ({ ...fact, cause: causeOfEvent(eventId) }));
  const statuses = await recordConsent(batch, facts);
  for (const [index, word] of words.entries()) {
    const status = statuses[index]!;
    const { channel, topic, source, isConfirmed = false, addressHash } = word;
    batch.emit({
      subjectId: word.profileId,
      node: word.node,
      id: word.eventId,
      occurredAt: Math.min(word.occurredAt, batch.now),
      name: status === 'denied' ? 'Unsubscribed' : 'Consent Updated',
      properties: {
        channel,
        topic,
        source,
        ...(status !== 'denied' && { status, confirmed: isConfirmed }),
        ...(status !== 'denied' && addressHash !== undefined && { address_hash: addressHash }),
      },
    });
  }
}
