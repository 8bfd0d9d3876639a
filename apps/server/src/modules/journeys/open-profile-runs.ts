import { type Handover, RetryBatch, type Subject, type SubjectBatch } from '../../platform/eventlog/index.ts';
import { newUuid, parsePublicId, publicId } from '../../platform/ids/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { queueMessages, type MessageIntent } from '../messaging/index.ts';
import { anchorNode, openAllTraits } from '../profiles/index.ts';
import { isMember } from '../segments/index.ts';
import type { HeardEntry, LiveJourneys } from './live-journeys.ts';
import { journeySection } from './memory.ts';
import { pastKey, ProfileRuns, type Outcome } from './profile-runs.ts';
import { moveRuns, moveRunsOfNodes } from './run-move-store.ts';
import { insertRuns, listRuns, updateRuns, type PastPlace } from './run-store.ts';
import type { JourneyRun, SendEffect } from './types.ts';

export type RunsByProfile = ReadonlyMap<string, ProfileRuns>;

/** Loads what the runs of these subjects need to decide: one query for runs, one for traits if a branch asks for them. */
export async function openProfileRuns(
  batch: SubjectBatch,
  live: LiveJourneys,
  wanted: {
    readonly subjects: ReadonlyMap<string, Subject>;
    readonly entries: ReadonlyMap<string, readonly HeardEntry[]>;
  },
): Promise<RunsByProfile> {
  const { subjects, entries } = wanted;
  const withRuns = [...subjects.values()]
    .filter((subject) => (subject.get(journeySection)?.n ?? 0) > 0)
    .map((subject) => subject.id);
  const runs = await listRuns(batch.sql, batch.workspaceId, { profileIds: withRuns, past: placesToAsk(entries) });
  // Another lane group may have read a newer publication already; this batch would not get through with the older one.
  if (runs.some((run) => run.state !== 'ended' && !live.byId.get(run.journeyId)?.graphs.has(run.version)))
    throw new RetryBatch('a run is on a version published meanwhile');
  const runsOf = new Map<string, JourneyRun[]>();
  for (const run of runs) runsOf.set(run.profileId, [...(runsOf.get(run.profileId) ?? []), run]);
  const asking = [...subjects.values()].filter((subject) =>
    asksTraits(live, runsOf.get(subject.id) ?? [], entries.get(subject.id) ?? []),
  );
  const traits: ReadonlyMap<string, JsonObject> = asking.length === 0 ? new Map() : await openAllTraits(batch, asking);
  const opened = new Map<string, ProfileRuns>();
  for (const subject of subjects.values()) {
    const own = runsOf.get(subject.id) ?? [];
    const state = {
      profileId: subject.id,
      section: subject.get(journeySection) ?? {},
      runs: own.filter((run) => run.state !== 'ended'),
      past: new Set(own.map((run) => pastKey(run.journeyId, run.key))),
    };
    const world = {
      live,
      now: batch.now,
      newId: () => newUuid(batch.now),
      isMember: (segmentId: string) => isMember(subject, parsePublicId('seg', segmentId) ?? segmentId),
      traits: traits.get(subject.id) ?? {},
    };
    opened.set(subject.id, new ProfileRuns(state, world));
  }
  return opened;
}

/** Where only the rows know whether a run ever was: the section does not remember keys. */
function placesToAsk(entries: ReadonlyMap<string, readonly HeardEntry[]>): PastPlace[] {
  const places = new Map<string, PastPlace>();
  for (const [profileId, heard] of entries) {
    for (const { journey, graph, key } of heard) {
      if (graph.source.reentry !== 'never' || key === '') continue;
      places.set(`${profileId} ${pastKey(journey.id, key)}`, { profileId, journeyId: journey.id, key });
    }
  }
  return [...places.values()];
}

function asksTraits(live: LiveJourneys, runs: readonly JourneyRun[], entries: readonly HeardEntry[]): boolean {
  return (
    entries.some(({ graph }) => graph.usesTraits) ||
    runs.some((run) => live.byId.get(run.journeyId)?.graphs.get(run.version)?.usesTraits === true)
  );
}

/** What happens to runs of which nothing was decided: ended ones too go with their profile, or with their node. */
interface Moves {
  /** Profiles merged away, and which one remains. */
  readonly owners?: ReadonlyMap<string, string>;
  readonly handovers?: readonly Handover[];
}

/** Writes what was decided: ended runs first, because they make room for others of the same key. */
export async function saveProfileRuns(
  batch: SubjectBatch,
  opened: RunsByProfile,
  { owners = new Map(), handovers = [] }: Moves = {},
): Promise<void> {
  const { sql, workspaceId } = batch;
  const kept = [...opened.values()].filter((profile) => !owners.has(profile.profileId));
  const changed = kept.flatMap((profile) =>
    [...profile.changed].filter((id) => !profile.created.has(id)).flatMap((id) => profile.runs.get(id) ?? []),
  );
  await updateRuns(
    sql,
    workspaceId,
    changed.filter((run) => run.state === 'ended'),
  );
  await moveRuns(sql, workspaceId, owners);
  await moveRunsOfNodes(sql, workspaceId, handovers);
  await updateRuns(
    sql,
    workspaceId,
    changed.filter((run) => run.state !== 'ended'),
  );
  await insertRuns(
    sql,
    workspaceId,
    kept.flatMap((profile) => [...profile.created].flatMap((id) => profile.runs.get(id) ?? [])),
  );
  const intents: MessageIntent[] = [];
  for (const profile of kept) {
    const subject = batch.subjects.get(profile.profileId);
    if (subject === undefined) throw new Error(`profile ${profile.profileId} is not locked`);
    if (profile.hasNewSection) subject.set(journeySection, profile.section);
    for (const outcome of profile.outcomes) {
      const node = outcome.node ?? anchorNode(subject);
      if (outcome.effect.kind === 'send')
        intents.push({ ...intentOf(outcome, outcome.effect), profileId: subject.id, node });
      if (outcome.effect.kind === 'emit')
        batch.emit({ ...emittedOf(outcome, outcome.effect), subjectId: subject.id, node });
    }
  }
  await queueMessages(batch, intents);
}

function intentOf({ run }: Outcome, effect: SendEffect): Omit<MessageIntent, 'profileId' | 'node'> {
  const { intentKey, channel, topic, variables, products, stepId } = effect;
  return {
    intentKey,
    channel,
    topic,
    templateId: parsePublicId('tpl', effect.templateId) ?? effect.templateId,
    variables,
    products,
    source: { kind: 'journey', journeyId: run.journeyId, version: run.version, runId: run.id, stepId },
  };
}

function emittedOf({ run, journey }: Outcome, effect: Extract<Outcome['effect'], { kind: 'emit' }>) {
  const properties: JsonObject = {
    journey_id: publicId('jrn', journey.id),
    journey_name: journey.name,
    run_id: publicId('run', run.id),
  };
  if (run.key !== '') properties['key'] = run.key;
  if (effect.reason !== null) properties['reason'] = effect.reason;
  return { name: effect.name, occurredAt: effect.occurredAt, properties };
}
