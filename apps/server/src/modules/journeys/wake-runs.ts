import type { Services } from '../../platform/context.ts';
import { inSubjects, type SubjectBatch } from '../../platform/eventlog/index.ts';
import { isRestricted } from '../profiles/index.ts';
import { catchUpMembers } from '../segments/index.ts';
import { loadLiveJourneys } from './load-live-journeys.ts';
import type { LiveJourneys } from './live-journeys.ts';
import { openProfileRuns, saveProfileRuns } from './open-profile-runs.ts';
import type { ProfileRuns } from './profile-runs.ts';
import {
  isDatabaseTrouble,
  listDueProfiles,
  listWorkspacesWithDueRuns,
  postponeWaits,
  tryLockWaits,
} from './run-store.ts';

const RUNS_MAX = 500;

/** A wait that fails must not keep the others from being served; it is tried again after this. */
const FAULT_REST_MS = 60_000;
/** How late a run goes on after a restriction was lifted, at the most. */
const RESTRICTED_REST_MS = 3_600_000;

/**
 * Moves runs whose wait is over, and ends those of archived journeys: one bounded round over every workspace. Answers
 * how many profiles it looked after; when that is not 0 there may be more.
 */
export async function runDueJourneyWaits(services: Services): Promise<number> {
  let woken = 0;
  for (const workspaceId of await listWorkspacesWithDueRuns(services.postgres, services.clock.now())) {
    try {
      woken += await inSubjects(services, { workspaceId, ids: [] }, wakeDue);
    } catch (error) {
      services.logger.warn({ error, workspaceId }, 'a round of journey waits failed; waking profile by profile');
      woken += await wakeOneByOne(services, workspaceId);
    }
  }
  return woken;
}

/** Profiles are chosen unlocked, so everything is read again under their locks; merged ones come in the next round. */
async function wakeDue(batch: SubjectBatch): Promise<number> {
  const { sql, workspaceId, now } = batch;
  if (!(await tryLockWaits(sql, workspaceId))) return 0;
  const due = await listDueProfiles(sql, workspaceId, { now, runsMax: RUNS_MAX });
  return due.length === 0 ? 0 : wakeProfiles(batch, due);
}

async function wakeProfiles(batch: SubjectBatch, profileIds: readonly string[]): Promise<number> {
  await batch.lock(profileIds);
  const live = await loadLiveJourneys(batch.sql, batch.workspaceId);
  const subjects = new Map([...batch.subjects].filter(([, subject]) => !isRestricted(subject)));
  for (const profileId of profileIds) {
    if (!isRestricted(batch.subjects.get(profileId))) continue;
    // She asked that nothing be done with her data: her runs stand still until she lifts that.
    const pause = { profileId, now: batch.now, untilMs: batch.now + RESTRICTED_REST_MS };
    await postponeWaits(batch.sql, batch.workspaceId, pause);
  }
  // Branches ask for segments: of one that is new the profile's own state knows only once it was looked at.
  await catchUpMembers(batch, subjects.values());
  const opened = await openProfileRuns(batch, live, { subjects, entries: new Map() });
  for (const profile of opened.values()) wakeRuns(profile, live, batch.now);
  await saveProfileRuns(batch, opened);
  return opened.size;
}

async function wakeOneByOne(services: Services, workspaceId: number): Promise<number> {
  const now = services.clock.now();
  const due = await listDueProfiles(services.postgres, workspaceId, { now, runsMax: RUNS_MAX });
  for (const profileId of due) {
    try {
      await inSubjects(services, { workspaceId, ids: [] }, (batch) => wakeProfiles(batch, [profileId]));
    } catch (error) {
      // Putting off moves the instant at which the wait ends: only what fails by itself may be put off.
      if (isDatabaseTrouble(error)) throw error;
      services.logger.error({ error, workspaceId, profileId }, 'the waits of a profile failed; they are put off');
      await postponeWaits(services.postgres, workspaceId, { profileId, now, untilMs: now + FAULT_REST_MS });
    }
  }
  return due.length;
}

function wakeRuns(profile: ProfileRuns, live: LiveJourneys, now: number): void {
  const runs = [...profile.runs.values()].sort((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0));
  for (const run of runs) {
    if (live.byId.get(run.journeyId)?.state === 'archived') profile.archive(run);
    else if (run.wakeAt !== null && run.wakeAt <= now) profile.wake(run);
  }
}
