import type { Sql } from '../../platform/postgres/index.ts';
import { findStates } from './consent-store.ts';
import { decidePermission, type Permission, type SuppressionReason } from './permission.ts';
import { standingsByProfile } from './refresh-states.ts';
import { findSuppressions, type SuppressionRow } from './suppression-store.ts';
import { ALL_TOPICS, demandsOf } from './topic.ts';
import { listTopics } from './topic-store.ts';
import { standingKey } from './weigh-words.ts';

export interface PermissionQuestion {
  readonly profileId: string;
  readonly channel: string;
  readonly topic: string;
  /** From `addressHash`. */
  readonly addressHash: string;
}

/**
 * Answers, for each question, what the customer said and whether this very address may be used: one query per table, whatever
 * the number of questions. The answer is keyed by the very question object.
 */
export async function readPermissions<Q extends PermissionQuestion>(
  sql: Sql,
  workspaceId: number,
  questions: readonly Q[],
): Promise<Map<Q, Permission>> {
  if (questions.length === 0) return new Map();
  const topics = new Map((await listTopics(sql, workspaceId)).map((topic) => [topic.topic, topic]));
  const standings = standingsByProfile(
    await findStates(sql, workspaceId, [...new Set(questions.map((q) => q.profileId))]),
  );
  const reasons = reasonsByKey(
    await findSuppressions(sql, workspaceId, [...new Set(questions.map((q) => q.addressHash))]),
  );
  const answers = new Map<Q, Permission>();
  for (const question of questions) {
    const { profileId, channel, topic } = question;
    const facts = {
      ...demandsOf(topics, topic),
      ofTopic: standings.get(profileId)?.get(standingKey(channel, topic)),
      ofAll: standings.get(profileId)?.get(standingKey(channel, ALL_TOPICS)),
      addressHash: question.addressHash,
      suppressions: reasons.get(keyOf(question.addressHash, channel)) ?? [],
    };
    answers.set(question, decidePermission(facts));
  }
  return answers;
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\n');
}

function reasonsByKey(rows: readonly SuppressionRow[]): Map<string, SuppressionReason[]> {
  const reasons = new Map<string, SuppressionReason[]>();
  for (const row of rows) {
    const key = keyOf(row.address_hash, row.channel);
    const known = reasons.get(key);
    if (known === undefined) reasons.set(key, [row.reason]);
    else known.push(row.reason);
  }
  return reasons;
}
