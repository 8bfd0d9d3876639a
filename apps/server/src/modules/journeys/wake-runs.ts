import type { Services } from '../../platform/context.ts';
import { inSubjects, type SubjectBatch } from '../../platform/eventlog/index.ts';
import { loadLiveJourneys } from './load-live-journeys.ts';
import type { LiveJourneys } from './live-journeys.ts';
import { openProfileRuns, saveProfileRuns } from './open-profile-runs.ts';
import type { ProfileRuns } from './profile-runs.ts';
import { listDueProfiles, listWorkspacesWithDueRuns, tryLockWaits } from './run-store.ts';

const RUNS_MAX = 500;

/**
 * Moves runs whose wait is over, and ends those of archived journeys: one bounded round over every workspace. Answers
 * how many profiles it woke; when that is not 0 there may be more.
 */
export async function runDueJourneyWaits(services: Services): Promise<number> {
  let woken = 0;
  for (const workspaceId of await listWorkspacesWithDueRuns(services.postgres, services.clock.now())) {
    woken += await inSubjects(services, { workspaceId, ids: [] }, wakeProfiles);
  }
  return woken;
}

/** Profiles are chosen unlocked, so everything is read again under their locks; merged ones come in the next round. */
async function wakeProfiles(batch: SubjectBatch): Promise<number> {
  const { sql, workspaceId, now } = batch;
  if (!(await tryLockWaits(sql, workspaceId))) return 0;
  const due = await listDueProfiles(sql, workspaceId, { now, runsMax: RUNS_MAX });
  if (due.length === 0) return 0;
  await batch.lock(due);
  const live = await loadLiveJourneys(sql, workspaceId);
  const opened = await openProfileRuns(batch, live, { subjects: batch.subjects, entries: new Map() });
  for (const profile of opened.values()) wakeRuns(profile, live, now);
  await saveProfileRuns(batch, opened);
  return opened.size;
}

function wakeRuns(profile: ProfileRuns, live: LiveJourneys, now: number): void {
  const runs = [...profile.runs.values()].sort((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0));
  for (const run of runs) {
    if (live.byId.get(run.journeyId)?.state === 'archived') profile.archive(run);
    else if (run.wakeAt !== null && run.wakeAt <= now) profile.wake(run);
  }
}
