import type { NodeRef, Subject, SubjectBatch } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import {
  anchorNode,
  clearTraits,
  isRestricted,
  nodeIdsOf,
  openTraits,
  profilingObjectedAt,
} from '../profiles/index.ts';
import { advanceMember, decodeLeaves, type MemberOutput } from './advance-member.ts';
import type { ActiveSegment, SegmentDefinitions } from './definitions.ts';
import type { LeafStates } from './leaf-state.ts';
import { deleteMembers, deleteWakes, insertMembers, type MemberChange, saveWakes, type Wake } from './member-store.ts';
import type { RuleEvent } from './rule-input.ts';
import { EMPTY_STATE, segmentSection } from './segment-section.ts';
import { takeLeafStates } from './segment-store.ts';

/** A profile to look at, and why. */
export interface Look {
  readonly subject: Subject;
  readonly events: RuleEvent[];
  /** Profiles merged into it. */
  readonly merged: Subject[];
  everyRule: boolean;
  /** The node to tell of flips under: the last event's, or the profile's anchor. */
  node: NodeRef | undefined;
  /** The due wake row was used up: set it anew whatever it was. */
  readonly woken?: boolean;
  /** It comes back from a profile it was part of, whose members' segments (short keys) these are: nothing is told of it. */
  readonly partOf?: readonly string[] | undefined;
}

/** Looks at profiles and writes what changed: memberships, wakes, and an event for each flip. One query a table. */
export async function advanceMembers(
  batch: SubjectBatch,
  definitions: SegmentDefinitions,
  asked: readonly Look[],
): Promise<void> {
  const looks = asked.filter(({ subject }) => !isRestricted(subject));
  await layToRest(batch, asked);
  if (looks.length === 0) return;
  const history = await foldHistory(batch, definitions, looks);
  const traits = definitions.readsPersonal
    ? await openTraits(
        batch,
        looks.map((look) => look.subject),
      )
    : undefined;
  const joined: MemberChange[] = [];
  const gone: MemberChange[] = [];
  const wakes: Wake[] = [];
  const wakeless: string[] = [];
  for (const look of looks) {
    const stored = look.subject.get(segmentSection) ?? EMPTY_STATE;
    const { wakeMs: dueMs, ...rest } = stored;
    const state = look.woken === true ? rest : stored;
    const isObjected = profilingObjectedAt(look.subject) !== undefined;
    const output = advanceMember(isObjected ? withoutSegments(definitions) : definitions, {
      state,
      folded: [...mergedLeaves(definitions, look), ...(history.get(look.subject.id) ?? [])],
      carried: [...look.merged.flatMap((from) => from.get(segmentSection)?.member ?? []), ...(look.partOf ?? [])],
      events: look.events,
      traits: () => traits?.get(look.subject.id) ?? clearTraits(look.subject),
      everyRule: look.everyRule || (isObjected && stored.member.length > 0),
      nowMs: batch.now,
    });
    if (output.state !== stored) look.subject.set(segmentSection, output.state);
    const nextMs = output.state.wakeMs;
    if (nextMs !== undefined && nextMs !== dueMs) wakes.push({ profileId: look.subject.id, atMs: nextMs });
    else if (nextMs === undefined && dueMs !== undefined) wakeless.push(look.subject.id);
    const left = isObjected ? segmentsOf(definitions, stored.member) : output.left;
    collect(look, { ...output, left }, { batch, joined, gone });
  }
  const at = new Date(batch.now);
  await deleteMembers(batch.sql, batch.workspaceId, gone);
  await insertMembers(batch.sql, batch.workspaceId, { members: joined, at });
  await saveWakes(batch.sql, batch.workspaceId, wakes);
  await deleteWakes(batch.sql, batch.workspaceId, wakeless);
}

/** Of who objected to profiling only what happens is counted; no rule is asked, and she is in no segment. */
function withoutSegments(definitions: SegmentDefinitions): SegmentDefinitions {
  return { ...definitions, segments: [], byRule: new Map() };
}

function segmentsOf({ segments }: SegmentDefinitions, keys: readonly string[]): ActiveSegment[] {
  return segments.filter(({ key }) => keys.includes(key));
}

/** A restricted profile is not woken again: it is evaluated anew when the restriction is lifted. */
async function layToRest(batch: SubjectBatch, looks: readonly Look[]): Promise<void> {
  const woken = looks.filter(({ subject, woken }) => woken === true && isRestricted(subject));
  if (woken.length === 0) return;
  for (const { subject } of woken) {
    const { wakeMs: _used, ...state } = subject.get(segmentSection) ?? EMPTY_STATE;
    subject.set(segmentSection, state);
  }
  const ids = woken.map(({ subject }) => subject.id);
  await deleteWakes(batch.sql, batch.workspaceId, ids);
}

function collect(
  look: Look,
  output: MemberOutput,
  to: { batch: SubjectBatch; joined: MemberChange[]; gone: MemberChange[] },
): void {
  const profileId = look.subject.id;
  for (const segment of output.found) to.joined.push({ segmentId: segment.id, profileId });
  for (const segment of output.entered) {
    to.joined.push({ segmentId: segment.id, profileId });
    emitFlip(to.batch, look, { segment, name: 'Segment Entered' });
  }
  for (const segment of output.left) {
    to.gone.push({ segmentId: segment.id, profileId });
    if (look.partOf === undefined) emitFlip(to.batch, look, { segment, name: 'Segment Left' });
  }
}

function emitFlip(
  batch: SubjectBatch,
  look: Look,
  flip: { segment: ActiveSegment; name: 'Segment Entered' | 'Segment Left' },
): void {
  batch.emit({
    subjectId: look.subject.id,
    node: look.node ?? anchorNode(look.subject),
    name: flip.name,
    occurredAt: batch.now,
    properties: { segment_id: publicId('seg', flip.segment.id), segment_name: flip.segment.name },
  });
}

function mergedLeaves(definitions: SegmentDefinitions, look: Look): LeafStates[] {
  return look.merged.map((from) => decodeLeaves(definitions, from.get(segmentSection)?.leaves ?? {}));
}

/** History that lies ready for the nodes of these profiles, by profile. No query unless a new rule is being filled. */
async function foldHistory(
  batch: SubjectBatch,
  definitions: SegmentDefinitions,
  looks: readonly Look[],
): Promise<Map<string, LeafStates[]>> {
  const byProfile = new Map<string, LeafStates[]>();
  if (definitions.filled.length === 0) return byProfile;
  const owners = new Map(looks.flatMap(({ subject }) => nodeIdsOf(subject).map((node) => [node, subject.id] as const)));
  const taken = await takeLeafStates(batch.sql, batch.workspaceId, {
    generations: definitions.filled,
    nodes: [...owners.keys()],
  });
  for (const { generation, node, times } of taken) {
    const key = definitions.keyOf.get(generation);
    const profileId = owners.get(node)!;
    if (key === undefined) continue;
    const parts = byProfile.get(profileId);
    if (parts === undefined) byProfile.set(profileId, [{ [key]: times }]);
    else parts.push({ [key]: times });
  }
  return byProfile;
}
