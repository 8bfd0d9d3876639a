import { finalOwners, type EventBatch, type LoggedEvent, type Stage } from '../../platform/eventlog/index.ts';
import { parsePublicId } from '../../platform/ids/index.ts';
import { moveToProfiles, moveWithNodes } from './move-store.ts';
import { applyReceipts, type Receipt } from './outcome-store.ts';
import { isConfirmationRequest, queueConfirmations } from './queue-confirmations.ts';

const RECEIPTS: Readonly<Record<string, Receipt['kind']>> = {
  'Email Delivered': 'delivered',
  'Email Opened': 'opened',
  'Email Link Clicked': 'clicked',
  'Email Opened By Machine': 'machine_opened',
  'Email Link Followed By Machine': 'machine_clicked',
  'Email Bounced': 'bounced',
};

/**
 * Gives messages to the surviving profile of a merge, marks on them what receipts say, and queues the mails that ask
 * customers to confirm a consent.
 */
export const messagingStage: Stage = {
  name: 'messaging',
  hears: async () => (event) => readReceipt(event) !== undefined || isConfirmationRequest(event),
  async run(batch) {
    await moveToProfiles(batch.sql, batch.workspaceId, finalOwners(batch.merges));
    await applyReceipts(batch.sql, batch.workspaceId, readReceipts(batch));
    await queueConfirmations(batch);
  },
  async rebuild(batch) {
    await moveWithNodes(batch.sql, batch.workspaceId, batch.handovers);
  },
};

function readReceipts(batch: EventBatch): Receipt[] {
  return batch.entries.flatMap(({ event }) => readReceipt(event) ?? []);
}

/** Only receipts Segue itself saw count: a public write key may claim anything. */
function readReceipt(event: LoggedEvent): Receipt | undefined {
  const kind = event.type === 'internal' ? RECEIPTS[event.name] : undefined;
  const messageId = event.payload.properties?.message_id;
  if (kind === undefined || typeof messageId !== 'string') return undefined;
  const id = parsePublicId('msg', messageId);
  return id === undefined ? undefined : { id, kind, at: event.occurredAt };
}
