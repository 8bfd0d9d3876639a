import type { Sql } from '../../platform/postgres/index.ts';
import { findStates, type StateRow, toWord } from './consent-store.ts';
import { decidePermission, type Permission, type SuppressionReason, type Word } from './permission.ts';
import { findSuppressions, type SuppressionRow } from './suppression-store.ts';
import { ALL_TOPICS, demandsOf } from './topic.ts';
import { listTopics } from './topic-store.ts';

export interface PermissionQuestion {
  readonly profileId: string;
  readonly channel: string;
  readonly topic: string;
  /** From `addressHash`. */
  readonly addressHash: string;
}

/**
 * Answers, for each question, what the customer said and whether the address may be used: one query per table, whatever
 * the number of questions. The answer is keyed by the very question object.
 */
export async function readPermissions<Q extends PermissionQuestion>(
  sql: Sql,
  workspaceId: number,
  questions: readonly Q[],
): Promise<Map<Q, Permission>> {
  if (questions.length === 0) return new Map();
  const topics = new Map((await listTopics(sql, workspaceId)).map((topic) => [topic.topic, topic]));
  const words = wordsByKey(await findStates(sql, workspaceId, [...new Set(questions.map((q) => q.profileId))]));
  const reasons = reasonsByKey(
    await findSuppressions(sql, workspaceId, [...new Set(questions.map((q) => q.addressHash))]),
  );
  const answers = new Map<Q, Permission>();
  for (const question of questions) {
    const { profileId, channel, topic } = question;
    const facts = {
      ...demandsOf(topics, topic),
      ofTopic: words.get(keyOf(profileId, channel, topic)),
      ofAll: words.get(keyOf(profileId, channel, ALL_TOPICS)),
      suppressions: reasons.get(keyOf(question.addressHash, channel)) ?? [],
    };
    answers.set(question, decidePermission(facts));
  }
  return answers;
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\n');
}

function wordsByKey(rows: readonly StateRow[]): Map<string, Word> {
  return new Map(rows.map((row) => [keyOf(row.profile_id, row.channel, row.topic), toWord(row)]));
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
