import type { SubjectBatch } from '../../platform/eventlog/index.ts';
import { lockRunMessages, withdrawMessages } from '../messaging/index.ts';
import { findRepeats } from './find-repeats.ts';
import type { RunsByProfile } from './open-profile-runs.ts';
import { findRuns } from './run-move-store.ts';

/** A message that went longer ago than this was about something else. */
const REPEAT_MS = 24 * 3_600_000;

/**
 * Withdraws what waits for the gate in vain now that profiles are one: messages of runs that ended for it, and those the
 * customer gets from the other profile's run. Call it before runs are written as the remaining profile's. One query for
 * messages, one for runs when some wait.
 */
export async function withdrawRepeats(
  batch: SubjectBatch,
  opened: RunsByProfile,
  profileIds: readonly string[],
): Promise<void> {
  const { sql, workspaceId } = batch;
  const messages = await lockRunMessages(sql, workspaceId, { profileIds, sinceMs: batch.now - REPEAT_MS });
  const waiting = messages.filter(({ status }) => status === 'queued');
  if (waiting.length === 0) return;
  const ended = new Set<string>();
  for (const profile of opened.values()) {
    for (const id of profile.changed) if (profile.runs.get(id)?.reason === 'merged') ended.add(id);
  }
  const orphans = waiting.filter(({ source }) => ended.has(source.runId));
  await withdrawMessages(batch, { messages: orphans, reason: 'run_merged' });
  const others = messages.filter((message) => !orphans.includes(message));
  const runs = await findRuns(sql, workspaceId, [...new Set(others.map(({ source }) => source.runId))]);
  await withdrawMessages(batch, { messages: findRepeats(others, runs), reason: 'sent_by_merged_run' });
}
