import type { Services } from '../../../platform/context.ts';
import { inSubjects } from '../../../platform/eventlog/index.ts';
import { retryLostRace } from '../../../platform/jobs/index.ts';
import { anchorNode } from '../../profiles/index.ts';
import { deleteNews, listNewsWorkspaces, lockNews } from './news-store.ts';

const AT_ONCE_MAX = 200;

/**
 * A round: says of customers what became of their points, as events of Segue's own, each once and of whoever's they are by
 * then. Answers how many.
 */
export async function runPointsNews(services: Services): Promise<number> {
  let told = 0;
  for (const workspaceId of await listNewsWorkspaces(services.postgres)) {
    told += await retryLostRace(() => tellIn(services, workspaceId));
  }
  return told;
}

async function tellIn(services: Services, workspaceId: number): Promise<number> {
  return inSubjects(services, { workspaceId, ids: [] }, async (batch) => {
    const rows = await lockNews(batch.sql, workspaceId, AT_ONCE_MAX);
    const subjects = await batch.lock(rows.flatMap((row) => row.profile_id ?? []));
    const done: number[] = [];
    for (const { seq, event_id: id, name, properties, occurred_at: at, profile_id: profileId } of rows) {
      const subject = profileId === null ? undefined : subjects.get(profileId);
      // A profile that was merged away since: its account is another's by the next round.
      if (profileId !== null && subject === undefined) continue;
      done.push(seq);
      if (subject === undefined) continue;
      const about = { subjectId: subject.id, node: anchorNode(subject) };
      batch.emit({ ...about, id, name, occurredAt: at.getTime(), properties });
    }
    await deleteNews(batch.sql, workspaceId, done);
    return done.length;
  });
}
