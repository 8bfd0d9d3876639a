import type { EventType, RebuildBatch, Subject } from '../../platform/eventlog/index.ts';
import { nodeIdsOf } from '../profiles/index.ts';
import { encodeLeaves } from './advance-member.ts';
import { advanceMembers, memberKeys, quietLook, readRows } from './advance-members.ts';
import type { SegmentDefinitions } from './definitions.ts';
import { applyEvents, type LeafStates } from './leaf-state.ts';
import { asRuleEvent, type RuleEvent } from './rule-input.ts';
import { EMPTY_STATE, segmentSection } from './segment-section.ts';
import { takeLeafStates } from './leaf-store.ts';

const EVENTS_AT_ONCE = 1_000;

/**
 * Counts the leaf states of profiles anew from their history and evaluates every rule. Flips are told against what was told
 * before: a profile that a merge's undoing brought back was in its segments as part of the other, so nothing is told of it.
 */
export async function rebuildMembers(batch: RebuildBatch, definitions: SegmentDefinitions): Promise<void> {
  // What lies ready for these nodes is in the history as well: folded in on top it would count twice.
  await takeLeafStates(batch.sql, batch.workspaceId, {
    generations: definitions.filled,
    nodes: batch.rebuilds.flatMap(nodeIdsOf),
  });
  const states = new Map(batch.rebuilds.map((subject) => [subject, subject.get(segmentSection)]));
  const rows = await readRows(batch, definitions, batch.rebuilds);
  const membersOf = new Map(batch.rebuilds.map((subject) => [subject, memberKeys(definitions, subject, rows)]));
  for (const [subject, before] of states) {
    const leaves = await countLeaves(batch, subject, definitions);
    subject.set(segmentSection, { ...(before ?? EMPTY_STATE), leaves: encodeLeaves(definitions, leaves) });
  }
  const looks = batch.rebuilds.map((subject) => {
    const cameFrom = batch.handovers.filter(({ into }) => into === subject).map(({ from }) => from);
    const isBack = states.get(subject) === undefined && cameFrom.length > 0;
    return {
      ...quietLook(subject),
      everyRule: true,
      woken: true,
      partOf: isBack ? cameFrom.flatMap((from) => membersOf.get(from) ?? []) : undefined,
    };
  });
  await advanceMembers(batch, definitions, { looks, rows });
}

/** From the whole history; a leaf whose back-fill has yet to lie ready only from its cut on, since the rest will be folded in. */
async function countLeaves(
  batch: RebuildBatch,
  subject: Subject,
  definitions: SegmentDefinitions,
): Promise<LeafStates> {
  const filled = new Set(definitions.filled.map((generation) => definitions.keyOf.get(generation)));
  const hasHistory: SegmentDefinitions['hasHistory'] = (key, place) =>
    definitions.partial.has(key) && !filled.has(key) && definitions.hasHistory(key, place);
  let states: LeafStates = {};
  let events: RuleEvent[] = [];
  const count = (): void => {
    states = applyEvents(definitions.rules, states, { events, nowMs: batch.now, hasHistory });
    events = [];
  };
  for await (const event of batch.history(subject, countedTypes(definitions))) {
    const { type, name, occurredAt, payload, log, lane, seq } = event;
    events.push(asRuleEvent({ type, name, occurredAt, payload: { ...payload, replayOf: [log, lane, seq, 0] } }));
    if (events.length >= EVENTS_AT_ONCE) count();
  }
  count();
  return states;
}

function countedTypes({ rules }: SegmentDefinitions): EventType[] {
  const types = [...rules.leavesByType.keys()] as EventType[];
  return types.includes('track') ? [...types, 'internal'] : types;
}
