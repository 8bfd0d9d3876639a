import type { SendGuard } from '../messaging/index.ts';
import { listRunStates } from './run-store.ts';

/**
 * A message of a run that was stopped must not go any more, even one that was already waiting for the gate. A run whose
 * path simply ended still wants its messages.
 */
export const journeySendGuard: SendGuard = {
  async findUnwanted(sql, workspaceId, messages) {
    const asked = messages.flatMap(({ id, source }) =>
      source.kind === 'journey' ? [{ id, runId: source.runId }] : [],
    );
    if (asked.length === 0) return new Map();
    const rows = await listRunStates(sql, workspaceId, [...new Set(asked.map(({ runId }) => runId))]);
    const reasons = new Map(rows.map((row) => [row.id, reasonAgainst(row)]));
    const unwanted = new Map<string, string>();
    for (const { id, runId } of asked) {
      const reason = reasons.has(runId) ? reasons.get(runId) : 'run_missing';
      if (reason !== undefined) unwanted.set(id, reason);
    }
    return unwanted;
  },
};

function reasonAgainst(row: { reason: string | null; journey_state: string }): string | undefined {
  if (row.reason === 'goal') return 'goal_reached';
  if (row.reason !== null && row.reason !== 'completed') return `run_${row.reason}`;
  if (row.journey_state === 'paused' || row.journey_state === 'archived') return `journey_${row.journey_state}`;
  return undefined;
}
