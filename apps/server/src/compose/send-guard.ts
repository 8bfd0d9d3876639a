import { ALERT_TYPES, type AlertType } from '@segue/contract';
import { alertTruths, type AskedTruth } from '../modules/baskets/index.ts';
import { journeySendGuard, readRunProperties } from '../modules/journeys/index.ts';
import type { SendGuard } from '../modules/messaging/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import { parsePublicId } from '../platform/ids/index.ts';
import type { Sql } from '../platform/postgres/index.ts';

type Messages = Parameters<SendGuard['findUnwanted']>[2];

/** What must not go any more: of a run that was stopped, or that tells what an alert told and what is not so now. */
export function createSendGuard(clock: Clock): SendGuard {
  return {
    async findUnwanted(sql, workspaceId, messages) {
      const stopped = await journeySendGuard.findUnwanted(sql, workspaceId, messages);
      const asked = await askedTruths(sql, workspaceId, messages);
      if (asked.length === 0) return stopped;
      const untrue = await alertTruths(sql, workspaceId, { asked, nowMs: clock.now() });
      return new Map([...untrue, ...stopped]);
    },
  };
}

/** Journeys that an alert's event entered say what it said. */
async function askedTruths(sql: Sql, workspaceId: number, messages: Messages): Promise<AskedTruth[]> {
  const ofRuns = messages.flatMap(({ id, source }) => (source.kind === 'journey' ? [{ id, runId: source.runId }] : []));
  const runs = await readRunProperties(sql, workspaceId, [...new Set(ofRuns.map(({ runId }) => runId))]);
  return ofRuns.flatMap(({ id, runId }): AskedTruth[] => {
    const run = runs.get(runId);
    const type = alertTypeOf(run?.properties['alert_type']);
    const said = run?.properties['variant_id'];
    const variantId = typeof said === 'string' ? parsePublicId('var', said) : undefined;
    if (run === undefined || type === undefined || variantId === undefined) return [];
    return [{ id, profileId: run.profileId, variantId, type, saidAtMs: run.enteredAtMs }];
  });
}

function alertTypeOf(said: unknown): AlertType | undefined {
  return ALERT_TYPES.find((type) => type === said);
}
