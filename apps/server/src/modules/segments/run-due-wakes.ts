import type { Services } from '../../platform/context.ts';
import { inSubjects } from '../../platform/eventlog/index.ts';
import { advanceMembers } from './advance-members.ts';
import { segmentDefinitions } from './definitions.ts';
import { deleteIdleWakes, listDueWakes } from './member-store.ts';
import { segmentSection } from './segment-section.ts';

const WAKES_MAX = 500;

/** Looks again at profiles whose memberships time alone may have changed. One round; answers how many it looked at. */
export async function runDueWakes(services: Services): Promise<number> {
  const due = await listDueWakes(services.postgres, { at: new Date(services.clock.now()), limit: WAKES_MAX });
  for (const workspaceId of new Set(due.map((row) => row.workspace_id))) {
    const ids = due.filter((row) => row.workspace_id === workspaceId).map((row) => row.profile_id);
    await wakeProfiles(services, workspaceId, ids);
  }
  return due.length;
}

async function wakeProfiles(services: Services, workspaceId: number, ids: readonly string[]): Promise<void> {
  await inSubjects(services, { workspaceId, ids }, async (batch) => {
    const definitions = await segmentDefinitions(batch);
    const looks = [...batch.subjects.values()]
      .filter((subject) => (subject.get(segmentSection)?.wakeMs ?? Number.POSITIVE_INFINITY) <= batch.now)
      .map((subject) => ({ subject, events: [], merged: [], everyRule: true, node: undefined, woken: true }));
    await advanceMembers(batch, definitions, looks);
    // A row nobody waits for any more would come up in every round.
    const looked = new Set(looks.map(({ subject }) => subject.id));
    const idle = ids.filter((id) => !looked.has(id));
    await deleteIdleWakes(batch.sql, workspaceId, { profileIds: idle, at: new Date(batch.now) });
  });
}
