import type { Services } from '../../platform/context.ts';
import { inSubjects } from '../../platform/eventlog/index.ts';
import { advanceMembers, quietLook } from './advance-members.ts';
import { segmentDefinitions } from './definitions.ts';
import { FAULT_REST_MS, lookOneByOne } from './look-one-by-one.ts';
import { listDueWakes, saveWakes, takeDueWakes } from './member-store.ts';
import { runChangedFacts } from './run-changed-facts.ts';

const WAKES_MAX = 500;

/** Looks again at profiles whose memberships time alone may have changed. One round; answers how many it looked at. */
export async function runDueWakes(services: Services): Promise<number> {
  const due = await listDueWakes(services.postgres, { at: new Date(services.clock.now()), limit: WAKES_MAX });
  for (const workspaceId of new Set(due.map((row) => row.workspace_id))) {
    const ids = due.filter((row) => row.workspace_id === workspaceId).map((row) => row.profile_id);
    const failed = await lookOneByOne(services, ids, (some) => wakeProfiles(services, workspaceId, some));
    const atMs = services.clock.now() + FAULT_REST_MS;
    await saveWakes(
      services.postgres,
      workspaceId,
      failed.map((profileId) => ({ profileId, atMs })),
    );
  }
  return due.length + (await runChangedFacts(services));
}

async function wakeProfiles(services: Services, workspaceId: number, ids: readonly string[]): Promise<void> {
  await inSubjects(services, { workspaceId, ids }, async (batch) => {
    const definitions = await segmentDefinitions(batch);
    // Rows of profiles that are gone go as well: nobody waits for them any more.
    const due = await takeDueWakes(batch.sql, workspaceId, { profileIds: ids, at: new Date(batch.now) });
    const looks = due.flatMap((id) => {
      const subject = batch.subjects.get(id);
      return subject === undefined ? [] : [{ ...quietLook(subject), everyRule: true, woken: true }];
    });
    await advanceMembers(batch, definitions, { looks });
  });
}
