import type { Sql } from '../../platform/postgres/index.ts';
import { ASK_AGAIN_MS, canMail } from './confirmation.ts';
import { type ConfirmationRow, findConfirmations, findMailedSince, lockMailboxes } from './confirmation-store.ts';
import { findStates } from './consent-store.ts';
import { standingsByProfile } from './refresh-states.ts';
import { ALL_TOPICS, demandsOf } from './topic.ts';
import { listTopics } from './topic-store.ts';
import { lastDenial, standingKey } from './weigh-words.ts';

export interface ConfirmationQuestion {
  readonly confirmationId: string;
  /** From `addressHash` of `mailboxOf`: where the message that asks would arrive. */
  readonly mailboxHash: string;
}

/**
 * Why messages that ask for a confirmation must not go, by confirmation; those that may are left out. Questions count
 * against each other in the order given; their mailboxes are locked until the transaction ends. One query a table.
 */
export async function findUnaskable(
  sql: Sql,
  workspaceId: number,
  { questions, now }: { questions: readonly ConfirmationQuestion[]; now: number },
): Promise<Map<string, string>> {
  if (questions.length === 0) return new Map();
  const addressHashes = [...new Set(questions.map((one) => one.mailboxHash))];
  await lockMailboxes(sql, workspaceId, addressHashes);
  const ids = questions.map((one) => one.confirmationId);
  const rows = new Map((await findConfirmations(sql, workspaceId, ids)).map((row) => [row.id, row]));
  const denials = await readDenials(sql, workspaceId, [...rows.values()]);
  const before = await findMailedSince(sql, workspaceId, { addressHashes, sinceMs: now - ASK_AGAIN_MS });
  const mailed = before.map((row) => ({
    id: row.id,
    addressHash: row.address_hash,
    topic: row.topic,
    at: row.mailed_at?.getTime() ?? 0,
  }));
  const refused = new Map<string, string>();
  for (const { confirmationId, mailboxHash: addressHash } of questions) {
    const row = rows.get(confirmationId);
    const others = mailed.filter((one) => one.addressHash === addressHash && one.id !== confirmationId);
    const confirmation = row && {
      topic: row.topic,
      saidAt: (row.said_at ?? row.asked_at).getTime(),
      deniedAt: denials.get(row.id),
      expiresAt: row.expires_at.getTime(),
      confirmedAt: row.confirmed_at?.getTime(),
    };
    const decision = canMail(confirmation, others, now);
    if (decision.kind === 'closed') refused.set(confirmationId, decision.reason);
    else if (row !== undefined) mailed.push({ id: row.id, addressHash, topic: row.topic, at: now });
  }
  return refused;
}

/** When each asked customer last said no to what she is asked, by confirmation. */
async function readDenials(
  sql: Sql,
  workspaceId: number,
  rows: readonly ConfirmationRow[],
): Promise<Map<string, number | undefined>> {
  const profileIds = [...new Set(rows.map((row) => row.profile_id))];
  const standings = standingsByProfile(await findStates(sql, workspaceId, profileIds));
  const topics = new Map((await listTopics(sql, workspaceId)).map((topic) => [topic.topic, topic]));
  return new Map(
    rows.map(({ id, profile_id: profileId, channel, topic }) => {
      const said = standings.get(profileId);
      const ofTopic = said?.get(standingKey(channel, topic));
      const ofAll = said?.get(standingKey(channel, ALL_TOPICS));
      return [id, lastDenial({ isMarketing: demandsOf(topics, topic).isMarketing, ofTopic, ofAll })];
    }),
  );
}
