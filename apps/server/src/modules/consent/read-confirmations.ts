import type { Sql } from '../../platform/postgres/index.ts';
import { ASK_AGAIN_MS, canMail } from './confirmation.ts';
import { findConfirmations, findMailedSince } from './confirmation-store.ts';

export interface ConfirmationQuestion {
  readonly confirmationId: string;
  /** From `addressHash`: where the message that asks would go. */
  readonly addressHash: string;
}

/**
 * Why messages that ask for a confirmation must not go, by confirmation; those that may are left out. Questions count
 * against each other in the order given. One query a table.
 */
export async function findUnaskable(
  sql: Sql,
  workspaceId: number,
  { questions, now }: { questions: readonly ConfirmationQuestion[]; now: number },
): Promise<Map<string, string>> {
  if (questions.length === 0) return new Map();
  const rows = new Map(
    (
      await findConfirmations(
        sql,
        workspaceId,
        questions.map((one) => one.confirmationId),
      )
    ).map((row) => [row.id, row]),
  );
  const addressHashes = [...new Set(questions.map((one) => one.addressHash))];
  const before = await findMailedSince(sql, workspaceId, { addressHashes, sinceMs: now - ASK_AGAIN_MS });
  const mailed = before.map((row) => ({
    id: row.id,
    addressHash: row.address_hash,
    topic: row.topic,
    at: row.mailed_at?.getTime() ?? 0,
  }));
  const refused = new Map<string, string>();
  for (const { confirmationId, addressHash } of questions) {
    const row = rows.get(confirmationId);
    const others = mailed.filter((one) => one.addressHash === addressHash && one.id !== confirmationId);
    const confirmation = row && {
      topic: row.topic,
      expiresAt: row.expires_at.getTime(),
      confirmedAt: row.confirmed_at?.getTime(),
    };
    const decision = canMail(confirmation, others, now);
    if (decision.kind === 'closed') refused.set(confirmationId, decision.reason);
    else if (row !== undefined) mailed.push({ id: row.id, addressHash, topic: row.topic, at: now });
  }
  return refused;
}
