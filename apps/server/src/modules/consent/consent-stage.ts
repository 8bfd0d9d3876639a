import { finalOwners, type EventBatch, type Stage } from '../../platform/eventlog/index.ts';
import { tellUnfitEvents } from '../events/index.ts';
import { noteFacts } from '../profiles/index.ts';
import { REACH_FACTS } from './consent-facts.ts';
import { findUnfitWords } from './find-unfit-words.ts';
import { followMerges } from './follow-merges.ts';
import { findKnownTopics } from './known-topics.ts';
import { readConsentEvent } from './read-consent-event.ts';
import { rebuildConsent } from './rebuild-consent.ts';
import { type ConsentFact, recordConsent } from './record-consent.ts';
import { readWishEvent } from './read-wish-event.ts';
import { recordWishes, type WishFact } from './record-wishes.ts';
import { insertSuppressions, type Suppression } from './suppression-store.ts';

/** Hears what customers say about being written to, and what mailboxes say about addresses. Runs after identity. */
export const consentStage: Stage = {
  name: 'consent',
  hears: async () => (event) => readConsentEvent(event) !== undefined || readWishEvent(event) !== undefined,
  async run(batch) {
    const finals = finalOwners(batch.merges);
    await followMerges(batch, finals);
    const { facts, wishes, suppressions, suppressed } = readBatch(batch, finals);
    await recordConsent(batch, facts);
    await tellUnfitWords(batch);
    await recordWishes(batch, wishes);
    await insertSuppressions(batch.sql, batch.workspaceId, { suppressions, nowMs: batch.now });
    await noteFacts(batch, suppressed, REACH_FACTS);
  },
  rebuild: rebuildConsent,
};

/** Words are kept whatever they name; the shop must learn that some name nothing. */
async function tellUnfitWords({ sql, workspaceId, entries }: EventBatch): Promise<void> {
  const heard = entries.flatMap(({ event }) => {
    const read = event.payload.source === undefined ? undefined : readConsentEvent(event);
    return read?.kind === 'word' ? [{ event, word: read }] : [];
  });
  if (heard.length === 0) return;
  const unfit = findUnfitWords(heard, await findKnownTopics(sql, workspaceId));
  await tellUnfitEvents(sql, workspaceId, unfit);
}

function readBatch(
  batch: EventBatch,
  finals: ReadonlyMap<string, string>,
): { facts: ConsentFact[]; wishes: WishFact[]; suppressions: Suppression[]; suppressed: string[] } {
  const facts: ConsentFact[] = [];
  const wishes: WishFact[] = [];
  const suppressions: Suppression[] = [];
  const suppressed: string[] = [];
  for (const { event, subject } of batch.entries) {
    const read = readConsentEvent(event);
    if (read?.kind === 'suppression') suppressions.push(read);
    const node = event.nodes[0];
    if (subject === undefined || node === undefined) continue;
    const whose = { profileId: finals.get(subject.id) ?? subject.id, node };
    // Receipts are filed under the node of the address, so they come to whoever holds it now.
    if (read?.kind === 'suppression') suppressed.push(whose.profileId);
    if (read?.kind === 'word') facts.push({ ...read, ...whose });
    const wish = readWishEvent(event);
    if (wish !== undefined) wishes.push({ ...wish, ...whose });
  }
  return { facts, wishes, suppressions, suppressed };
}
