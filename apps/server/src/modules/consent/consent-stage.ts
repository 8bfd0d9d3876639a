import { finalOwners, type EventBatch, type Stage } from '../../platform/eventlog/index.ts';
import { moveRecords } from './consent-store.ts';
import { readConsentEvent } from './read-consent-event.ts';
import { type ConsentFact, recordConsent } from './record-consent.ts';
import { insertSuppressions, type Suppression } from './suppression-store.ts';

/** Hears what customers say about being written to, and what mailboxes say about addresses. Runs after identity. */
export const consentStage: Stage = {
  name: 'consent',
  hears: async () => (event) => readConsentEvent(event) !== undefined,
  async run(batch) {
    const finals = finalOwners(batch.merges);
    const moves = [...finals].map(([fromId, intoId]) => ({ fromId, intoId }));
    await moveRecords(batch.sql, batch.workspaceId, moves);
    const { facts, suppressions } = readBatch(batch, finals);
    await recordConsent(batch, facts);
    await insertSuppressions(batch.sql, batch.workspaceId, { suppressions, nowMs: batch.now });
  },
};

function readBatch(
  batch: EventBatch,
  finals: ReadonlyMap<string, string>,
): { facts: ConsentFact[]; suppressions: Suppression[] } {
  const facts: ConsentFact[] = [];
  const suppressions: Suppression[] = [];
  for (const { event, subject } of batch.entries) {
    const read = readConsentEvent(event);
    if (read === undefined) continue;
    if (read.kind === 'suppression') {
      suppressions.push(read);
      continue;
    }
    const node = event.nodes[0];
    if (subject === undefined || node === undefined) continue;
    facts.push({ ...read, profileId: finals.get(subject.id) ?? subject.id, node });
  }
  return { facts, suppressions };
}
