import { causedId, type NodeRef, type SubjectBatch } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { ASK_AGAIN_MS, CONFIRM_WITHIN_MS, shouldAsk } from './confirmation.ts';
import { findAskedSince, insertConfirmations, type NewConfirmation } from './confirmation-store.ts';
import { findStates, toWord } from './consent-store.ts';
import type { Word } from './permission.ts';
import { ALL_TOPICS, demandsOf, type Topic } from './topic.ts';

export interface PendingYes {
  readonly profileId: string;
  readonly node: NodeRef;
  readonly channel: string;
  readonly topic: string;
  /** When it was said. */
  readonly occurredAt: number;
}

/**
 * Notes that these customers have a yes to confirm and says so; whoever sends messages hears it and asks them. One query a
 * table, whatever their number.
 */
export async function askForConfirmation(
  batch: Pick<SubjectBatch, 'workspaceId' | 'sql' | 'now' | 'emit'>,
  { pending, topics }: { pending: readonly PendingYes[]; topics: ReadonlyMap<string, Topic> },
): Promise<void> {
  if (pending.length === 0) return;
  const { sql, workspaceId, now } = batch;
  const profileIds = [...new Set(pending.map((one) => one.profileId))];
  const words = new Map<string, Word>();
  for (const row of await findStates(sql, workspaceId, profileIds))
    words.set(keyOf(row.profile_id, row.channel, row.topic), toWord(row));
  const askedAt = new Map<string, number[]>();
  for (const row of await findAskedSince(sql, workspaceId, { profileIds, sinceMs: now - ASK_AGAIN_MS }))
    push(askedAt, keyOf(row.profile_id, row.channel, row.topic), row.asked_at.getTime());
  const asked: NewConfirmation[] = [];
  for (const { profileId, node, channel, topic, occurredAt: saidAt } of pending) {
    const key = keyOf(profileId, channel, topic);
    const facts = {
      channel,
      requiresConfirmation: demandsOf(topics, topic).requiresConfirmation,
      saidAt,
      ofTopic: words.get(key),
      ofAll: words.get(keyOf(profileId, channel, ALL_TOPICS)),
      askedAt: askedAt.get(key) ?? [],
    };
    if (!shouldAsk(facts, now)) continue;
    const expiresAt = now + CONFIRM_WITHIN_MS;
    asked.push({ id: newUuid(now), profileId, node, channel, topic, saidAt, askedAt: now, expiresAt });
    push(askedAt, key, now);
  }
  await insertConfirmations(sql, workspaceId, asked);
  for (const { id, profileId, node, channel, topic } of asked) {
    batch.emit({
      subjectId: profileId,
      node,
      id: causedId('confirmation asked', id),
      name: 'Consent Confirmation Requested',
      occurredAt: now,
      properties: { confirmation_id: id, channel, topic },
    });
  }
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\n');
}

function push(map: Map<string, number[]>, key: string, at: number): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [at]);
  else known.push(at);
}
