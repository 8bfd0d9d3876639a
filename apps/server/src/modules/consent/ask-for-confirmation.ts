import { causedId, type NodeRef, type SubjectBatch } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { ASK_AGAIN_MS, CONFIRM_WITHIN_MS, shouldAsk } from './confirmation.ts';
import { findAskedSince, insertConfirmations, type NewConfirmation } from './confirmation-store.ts';
import { listAddresses } from '../profiles/index.ts';
import { addressHash, normaliseAddress } from './address.ts';
import { findStates } from './consent-store.ts';
import { decidePermission } from './permission.ts';
import { standingsByProfile } from './refresh-states.ts';
import { ALL_TOPICS, demandsOf, type Topic } from './topic.ts';
import { lastDenial, standingKey } from './weigh-words.ts';

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
  batch: Pick<SubjectBatch, 'workspaceId' | 'sql' | 'now' | 'keysOf' | 'emit'>,
  { pending, topics }: { pending: readonly PendingYes[]; topics: ReadonlyMap<string, Topic> },
): Promise<void> {
  if (pending.length === 0) return;
  const { sql, workspaceId, now } = batch;
  const profileIds = [...new Set(pending.map((one) => one.profileId))];
  const standings = standingsByProfile(await findStates(sql, workspaceId, profileIds));
  const addresses = await usedAddresses(batch, profileIds);
  const askedAt = new Map<string, number[]>();
  for (const row of await findAskedSince(sql, workspaceId, { profileIds, sinceMs: now - ASK_AGAIN_MS })) {
    const { profile_id: profileId, channel, topic, asked_address: address } = row;
    push(askedAt, keyOf(profileId, channel, topic, address ?? addresses.get(profileId) ?? ''), row.asked_at.getTime());
  }
  const asked: NewConfirmation[] = [];
  for (const { profileId, node, channel, topic, occurredAt: saidAt } of pending) {
    const address = addresses.get(profileId);
    const key = keyOf(profileId, channel, topic, address ?? '');
    const said = {
      ...demandsOf(topics, topic),
      ofTopic: standings.get(profileId)?.get(standingKey(channel, topic)),
      ofAll: standings.get(profileId)?.get(standingKey(channel, ALL_TOPICS)),
    };
    const { decision } = decidePermission({ ...said, silence: 'opt_in', addressHash: address ?? '', suppressions: [] });
    const facts = {
      channel,
      counts: decision.kind === 'permitted',
      saidAt,
      deniedAt: lastDenial(said),
      askedAt: askedAt.get(key) ?? [],
    };
    if (!shouldAsk(facts, now)) continue;
    const expiresAt = now + CONFIRM_WITHIN_MS;
    asked.push({ id: newUuid(now), profileId, address, node, channel, topic, saidAt, askedAt: now, expiresAt });
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

/** Where each of them would be asked: the hash of the address that messages go to. One query. */
async function usedAddresses(
  batch: Pick<SubjectBatch, 'workspaceId' | 'sql' | 'keysOf'>,
  profileIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const keys = await batch.keysOf(batch.workspaceId);
  const hashes = new Map<string, string>();
  for (const [profileId, addresses] of await listAddresses(batch, profileIds, 'email')) {
    const written = addresses[0] && normaliseAddress('email', addresses[0].address);
    if (written !== undefined) hashes.set(profileId, addressHash(keys, 'email', written));
  }
  return hashes;
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\n');
}

function push(map: Map<string, number[]>, key: string, at: number): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [at]);
  else known.push(at);
}
