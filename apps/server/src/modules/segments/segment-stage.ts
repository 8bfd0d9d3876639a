import {
  type EventBatch,
  finalOwners,
  type LoggedEvent,
  type Stage,
  type Subject,
} from '../../platform/eventlog/index.ts';
import { changedDerivedTraits, PROFILING_ALLOWED, PROFILING_OBJECTED } from '../profiles/index.ts';
import './computed/compute-traits.ts';
import { leavesHearing } from './combined-rules.ts';
import { advanceMembers, type Look, readRows, subjectsOf } from './advance-members.ts';
import { type SegmentDefinitions, segmentDefinitions } from './definitions.ts';
import { factsChanged } from './facts-changed.ts';
import { moveAnswers } from './fill-store.ts';
import { hearStores, rebuildStores } from './last-store.ts';
import { handListMembersOver, moveListMembers } from './lists/list-member-store.ts';
import { deleteMerged } from './member-store.ts';
import { asRuleEvent } from './rule-input.ts';
import { rebuildMembers } from './rebuild-members.ts';
import { segmentSection } from './segment-section.ts';

/** Keeps every profile's memberships true to its events, and tells of each flip. */
export const segmentStage: Stage = {
  name: 'segments',
  async hears(batch) {
    const { rules } = await segmentDefinitions(batch);
    // What Segue says counts like what the shop tracks.
    const isHeard = (name: string) => leavesHearing(rules, { type: 'track', name }).next().done !== true;
    return (event) => tellsOfProfiling(event) || isHeard(event.name);
  },
  async run(batch) {
    hearStores(batch);
    const definitions = await segmentDefinitions(batch);
    const looks = planLooks(batch, definitions);
    // Read while the rows of profiles merged away are still there.
    const rows = await readRows(batch, definitions, subjectsOf(looks));
    const moves = finalOwners(batch.merges);
    if (definitions.isFilling) await moveAnswers(batch.sql, batch.workspaceId, moves);
    await deleteMerged(
      batch.sql,
      batch.workspaceId,
      batch.merges.map(({ from }) => from.id),
    );
    await moveListMembers(batch.sql, batch.workspaceId, moves);
    if (definitions.rules.rules.length === 0) return forgetAll(batch);
    await advanceMembers(batch, definitions, { looks, rows });
  },
  async rebuild(batch) {
    await rebuildStores(batch);
    await handListMembersOver(batch.sql, batch.workspaceId, batch.handovers);
    const definitions = await segmentDefinitions(batch);
    if (definitions.rules.rules.length > 0) return rebuildMembers(batch, definitions);
    for (const subject of batch.rebuilds) forget(subject);
  },
};

/** She objected to profiling, or allows it again. */
function tellsOfProfiling({ type, name }: Pick<LoggedEvent, 'type' | 'name'>): boolean {
  return type === 'internal' && (name === PROFILING_OBJECTED || name === PROFILING_ALLOWED);
}

/** The last segment is gone: profiles forget as they come by. */
function forgetAll(batch: EventBatch): void {
  for (const { subject } of batch.entries) if (subject !== undefined) forget(subject);
}

function forget(subject: Subject): void {
  if (subject.get(segmentSection) !== undefined) subject.set(segmentSection, undefined);
}

function planLooks(batch: EventBatch, { rules, facts }: SegmentDefinitions): Look[] {
  const mayFlip = (subject: Subject): boolean => {
    const names = changedDerivedTraits(subject);
    for (const name of names) if (rules.rulesByTrait.has(name)) return true;
    return names.size > 0 && factsChanged(facts, names).length > 0;
  };
  const looks = new Map<Subject, Look>();
  const lookAt = (subject: Subject): Look => {
    let look = looks.get(subject);
    if (look === undefined) {
      look = { subject, events: [], merged: [], everyRule: subject.get(segmentSection) === undefined, node: undefined };
      looks.set(subject, look);
    }
    return look;
  };
  for (const { from, into } of batch.merges) {
    // A chain of merges in one batch: what went into `from` goes along with it.
    const before = looks.get(from)?.merged ?? [];
    looks.delete(from);
    const look = lookAt(into);
    look.merged.push(...before, from);
    look.everyRule = true;
  }
  for (const { event, subject } of batch.entries) {
    if (subject === undefined) continue;
    const look = lookAt(subject);
    look.events.push(asRuleEvent(event));
    look.everyRule ||= event.type === 'identify' || tellsOfProfiling(event) || mayFlip(subject);
    look.node = event.nodes[0];
  }
  return [...looks.values()];
}
