import type { RebuildBatch, Subject } from '../../platform/eventlog/index.ts';
import type { LiveJourneys } from './live-journeys.ts';
import { journeySection, MEMORY_MS, remember, type JourneySection } from './memory.ts';
import { openProfileRuns, saveProfileRuns } from './open-profile-runs.ts';
import type { ProfileRuns } from './profile-runs.ts';
import { listLastRuns } from './run-move-store.ts';
import { withdrawRepeats } from './withdraw-repeats.ts';

/**
 * Runs go with the node of the event that began them, ended ones too; what a merge ended stays ended. What the profiles
 * remember is read anew from their history. Where nodes came to a profile that has runs of its own, never two of one
 * journey and key go on.
 */
export async function rebuildJourneys(batch: RebuildBatch, live: LiveJourneys): Promise<void> {
  const subjects = new Map(batch.rebuilds.map((subject) => [subject.id, subject]));
  for (const { from, into } of batch.handovers) subjects.set(from.id, from).set(into.id, into);
  if (live.byId.size === 0) {
    for (const subject of subjects.values()) if (subject.get(journeySection)) subject.set(journeySection, undefined);
    // Ended runs go with their node all the same.
    return saveProfileRuns(batch, new Map(), { handovers: batch.handovers });
  }
  // Whether there are runs is only known once the rows are read: the section may be another's, or none.
  for (const subject of subjects.values())
    subject.set(journeySection, { n: 1, ...(await recollect(batch, subject, live)) });
  const opened = await openProfileRuns(batch, live, { subjects, entries: new Map() });
  for (const { from, into, nodes } of batch.handovers) {
    const given = opened.get(from.id)!.release(new Set(nodes.map((node) => node.id)));
    opened.get(into.id)!.receive(given);
  }
  if (batch.handovers.length > 0)
    await withdrawRepeats(batch, opened, [...new Set(batch.handovers.map(({ into }) => into.id))]);
  await saveProfileRuns(batch, opened, { handovers: batch.handovers });
  const last = await lastRuns(batch, [...subjects.keys()]);
  for (const subject of subjects.values()) {
    subject.set(journeySection, sectionOf(subject, opened.get(subject.id)!, last.get(subject.id)));
  }
}

/** What live journeys listen to and the profile did of late. */
async function recollect(batch: RebuildBatch, subject: Subject, live: LiveJourneys): Promise<JourneySection> {
  let section: JourneySection = {};
  for await (const event of batch.history(subject)) {
    if (event.occurredAt <= batch.now - MEMORY_MS) continue;
    for (const [slot, key] of live.listen(event)?.slots ?? []) {
      section = remember(section, { slot, key, atMs: event.occurredAt }, batch.now);
    }
  }
  return section;
}

type LastRuns = NonNullable<JourneySection['e']>;

async function lastRuns(batch: RebuildBatch, profileIds: readonly string[]): Promise<Map<string, LastRuns>> {
  const last = new Map<string, LastRuns>();
  for (const row of await listLastRuns(batch.sql, batch.workspaceId, profileIds)) {
    last.set(row.profile_id, { ...last.get(row.profile_id), [row.journey_id]: [row.entered_ms, row.ended_ms] });
  }
  return last;
}

/** Undefined for a profile of which journeys know nothing. */
function sectionOf(subject: Subject, profile: ProfileRuns, last: LastRuns | undefined): JourneySection | undefined {
  const m = subject.get(journeySection)?.m;
  const n = [...profile.runs.values()].filter((run) => run.state === 'waiting' || run.state === 'watching').length;
  if (m === undefined && last === undefined && n === 0) return undefined;
  return { n, ...(last !== undefined && { e: last }), ...(m !== undefined && { m }) };
}
