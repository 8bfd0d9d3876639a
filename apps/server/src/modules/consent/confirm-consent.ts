import type { Services } from '../../platform/context.ts';
import { causedId } from '../../platform/eventlog/index.ts';
import type { ConfirmLink } from './confirm-link.ts';
import { type ConfirmationRow, findConfirmations, markConfirmed } from './confirmation-store.ts';
import { inProfile } from './in-profile.ts';
import type { ConsentProof } from './proof.ts';
import { causeOfEvent } from './read-consent-event.ts';
import { listChannelAddresses } from './reach.ts';
import { recordConsent } from './record-consent.ts';
import { CONFIRM_WORDING } from './wording.data.ts';
import { listTopics } from './topic-store.ts';

/** How a confirmation stands. */
export interface ConfirmationState {
  readonly kind: 'open' | 'confirmed' | 'lapsed';
  readonly topicName: string;
  readonly topicDescription: string | null;
}

/** Undefined when there is no such confirmation, or its profile is gone. Changes nothing. */
export async function readConfirmation(services: Services, link: ConfirmLink): Promise<ConfirmationState | undefined> {
  const [row] = await findConfirmations(services.postgres, link.workspaceId, [link.confirmationId]);
  if (row === undefined) return undefined;
  const topic = (await listTopics(services.postgres, link.workspaceId)).find((one) => one.topic === row.topic);
  return {
    kind: kindOf(row, services.clock.now()),
    topicName: topic?.name ?? row.topic,
    topicDescription: topic?.description ?? null,
  };
}

function kindOf(row: ConfirmationRow, now: number): ConfirmationState['kind'] {
  if (row.confirmed_at !== null) return 'confirmed';
  return row.expires_at.getTime() <= now ? 'lapsed' : 'open';
}

/**
 * The customer pressed the button: her yes counts from now on for the address the mail went to, with
 * what proves it. A repeat adds nothing, so that it
 * cannot undo a later no.
 */
export async function confirmConsent(services: Services, link: ConfirmLink, proof: ConsentProof): Promise<void> {
  const { workspaceId, confirmationId } = link;
  const [row] = await findConfirmations(services.postgres, workspaceId, [confirmationId]);
  if (row === undefined || kindOf(row, services.clock.now()) !== 'open') return;
  const { channel, topic } = row;
  // Of an older link: the mailbox it went to, which is the address unless that has a part that leads to the same one.
  const addressHash = link.addressHash ?? row.address_hash ?? undefined;
  await inProfile(services, { workspaceId, profileId: row.profile_id }, async (batch, subject) => {
    const confirmed = (await listChannelAddresses(batch, subject.id)).find(
      (one) => one.channel === channel && one.addressHash === addressHash,
    );
    // Said from the mailbox: the record and its event stand under the address, which is no mere claim any more.
    const node = confirmed?.node ?? { kind: row.node_kind, id: row.node_id };
    const eventId = causedId('confirmation', confirmationId);
    const said = { channel, topic, status: 'granted', source: 'double_opt_in' } as const;
    await recordConsent(batch, [
      {
        ...said,
        profileId: subject.id,
        node,
        occurredAt: batch.now,
        cause: causeOfEvent(eventId),
        proof: { ...proof, message: link.messageId },
        isConfirmed: true,
        addressHash,
        wording: CONFIRM_WORDING,
      },
    ]);
    await markConfirmed(batch.sql, workspaceId, { id: confirmationId, now: batch.now });
    batch.emit({
      subjectId: subject.id,
      node,
      id: eventId,
      name: 'Consent Updated',
      occurredAt: batch.now,
      properties: {
        ...said,
        confirmed: true,
        message_id: link.messageId,
        ...(addressHash !== undefined && { address_hash: addressHash }),
      },
    });
  });
}
