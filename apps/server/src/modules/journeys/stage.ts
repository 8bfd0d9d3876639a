import {
  finalOwners,
  createConfigCache,
  type Entry,
  type LoggedEvent,
  type Merge,
  type Stage,
  type Subject,
} from '../../platform/eventlog/index.ts';
import { profilingObjectedAt } from '../profiles/index.ts';
import type { Heard, HeardEntry } from './live-journeys.ts';
import { type LoadedJourneys, loadLiveJourneys } from './load-live-journeys.ts';
import { journeySection } from './memory.ts';
import { openProfileRuns, saveProfileRuns, type RunsByProfile } from './open-profile-runs.ts';
import { rebuildJourneys } from './rebuild-journeys.ts';
import { withdrawRepeats } from './withdraw-repeats.ts';

/** Starts, moves and stops runs by the events of a batch. After identity, traits and segments, whose answers it asks for. */
export function createJourneysStage(): Stage {
  const liveOf = createConfigCache((batch) => loadLiveJourneys(batch.sql, batch.workspaceId));
  return {
    name: 'journeys',
    async hears(batch) {
      const live = await liveOf(batch);
      return (event) => live.listen(event) !== undefined;
    },
    async run(batch) {
      const live = await liveOf(batch);
      const heard = listenTo(batch.entries, live);
      // All or none: what one merge brings, the next may carry on.
      const merges = batch.merges.some(hasJourneys) ? batch.merges : [];
      if (heard.length === 0 && merges.length === 0) return;
      const opened = await openProfileRuns(batch, live, {
        subjects: subjectsOf(heard, merges),
        entries: entriesOf(heard),
      });
      for (const { from, into } of merges) absorb(opened, from, into);
      for (const { event, heard: what, subject } of heard) opened.get(subject.id)?.hear(event, what);
      const owners = finalOwners(merges);
      // Messages are the remaining profiles' already, runs still are whose they were.
      if (merges.length > 0) await withdrawRepeats(batch, opened, [...new Set(owners.values())]);
      await saveProfileRuns(batch, opened, { owners });
    },
    async rebuild(batch) {
      await rebuildJourneys(batch, await liveOf(batch));
    },
  };
}

function hasJourneys({ from, into }: Merge): boolean {
  return from.get(journeySection) !== undefined || into.get(journeySection) !== undefined;
}

interface HeardOf {
  readonly event: LoggedEvent;
  readonly subject: Subject;
  readonly heard: Heard;
}

function listenTo(entries: readonly Entry[], live: LoadedJourneys): HeardOf[] {
  const all: HeardOf[] = [];
  for (const { event, subject } of entries) {
    const heard = subject === undefined ? undefined : live.listen(event);
    if (subject !== undefined && heard !== undefined) all.push({ event, subject, heard: begun(heard, subject, live) });
  }
  return all;
}

/** Who objected to profiling begins no journey that sends marketing. */
function begun(heard: Heard, subject: Subject, live: LoadedJourneys): Heard {
  if (heard.entries.length === 0 || profilingObjectedAt(subject) === undefined) return heard;
  return { ...heard, entries: heard.entries.filter(({ graph }) => !live.isMarketing(graph)) };
}

function subjectsOf(heard: readonly HeardOf[], merges: readonly Merge[]): Map<string, Subject> {
  const subjects = new Map(heard.map(({ subject }) => [subject.id, subject]));
  for (const { from, into } of merges) subjects.set(from.id, from).set(into.id, into);
  return subjects;
}

function entriesOf(heard: readonly HeardOf[]): Map<string, HeardEntry[]> {
  const entries = new Map<string, HeardEntry[]>();
  for (const { subject, heard: what } of heard) {
    if (what.entries.length > 0) entries.set(subject.id, [...(entries.get(subject.id) ?? []), ...what.entries]);
  }
  return entries;
}

function absorb(opened: RunsByProfile, from: Subject, into: Subject): void {
  const theirs = opened.get(from.id);
  if (theirs !== undefined) opened.get(into.id)?.absorb(theirs);
}
