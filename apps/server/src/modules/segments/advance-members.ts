import type { MemberCause } from '@segue/contract';
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
import {
  advanceMember,
  decodeLeaves,
  isUntouched,
  type MemberInput,
  type MemberOutput,
  segmentsBehind,
  type ToldFlip,
} from './advance-member.ts';
import type { ActiveSegment, SegmentDefinitions } from './definitions.ts';
import { listCandidates, noteTouched } from './fill-store.ts';
import type { LeafStates } from './leaf-state.ts';
import { loadFacts } from './load-facts.ts';
import { takeLeafStates } from './leaf-store.ts';
import {
  deleteMembers,
  deleteWakes,
  insertMembers,
  listRows,
  type MemberChange,
  type NewMember,
  saveWakes,
  type Wake,
} from './member-store.ts';
import type { RuleEvent } from './rule-input.ts';
import { EMPTY_STATE, segmentSection } from './segment-section.ts';

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
  /** Why it flips; left out: what the look shows. */
  readonly cause?: MemberCause;
}

/** A look at a profile that nothing happened to. */
export function quietLook(subject: Subject): Look {
  return { subject, events: [], merged: [], everyRule: false, node: undefined };
}

type KeysByProfile = ReadonlyMap<string, ReadonlySet<string>>;

/** What the rows say of profiles whose own state is behind: short keys of segments by profile. */
export interface MemberRows {
  readonly member: KeysByProfile;
  /** History answered the segment, but could not judge them. */
  readonly unjudged: KeysByProfile;
}

/** No query unless a segment began to be evaluated since one of these profiles was looked at last. */
export async function readRows(
  batch: SubjectBatch,
  definitions: SegmentDefinitions,
  subjects: Iterable<Subject>,
): Promise<MemberRows> {
  const profileIds: string[] = [];
  const segments = new Map<string, ActiveSegment>();
  for (const subject of subjects) {
    const behind = segmentsBehind(definitions, subject.get(segmentSection));
    if (behind.length === 0) continue;
    profileIds.push(subject.id);
    for (const segment of behind) segments.set(segment.id, segment);
  }
  if (profileIds.length === 0) return { member: new Map(), unjudged: new Map() };
  const { sql, workspaceId } = batch;
  const byProfile = (found: readonly MemberChange[]): KeysByProfile => {
    const keys = new Map<string, Set<string>>();
    for (const { segmentId, profileId } of found) {
      keys.set(profileId, (keys.get(profileId) ?? new Set()).add(segments.get(segmentId)!.key));
    }
    return keys;
  };
  const answered = [...segments.values()].filter(({ status, isAnswered }) => status === 'sweeping' && isAnswered);
  return {
    member: byProfile(await listRows(sql, workspaceId, { profileIds, segmentIds: [...segments.keys()] })),
    unjudged: byProfile(
      await listCandidates(sql, workspaceId, { profileIds, segmentIds: answered.map(({ id }) => id) }),
    ),
  };
}

/** Segments (short keys) a profile is in, whichever of state and rows knows it. */
export function memberKeys(definitions: SegmentDefinitions, subject: Subject, rows: MemberRows): readonly string[] {
  const state = subject.get(segmentSection) ?? EMPTY_STATE;
  const behind = segmentsBehind(definitions, state).map((segment) => segment.key);
  return [...state.member.filter((key) => !behind.includes(key)), ...(rows.member.get(subject.id) ?? [])];
}

/** What a batch of looks changes, to be written at its end: one query a table. */
interface Changes {
  readonly joined: NewMember[];
  readonly gone: MemberChange[];
  readonly wakes: Wake[];
  readonly wakeless: string[];
  readonly touched: string[];
}

/** Looks at profiles and writes what changed: memberships, wakes, and an event for each flip. One query a table. */
export async function advanceMembers(
  batch: SubjectBatch,
  definitions: SegmentDefinitions,
  { looks: asked, rows: known }: { readonly looks: readonly Look[]; readonly rows?: MemberRows },
): Promise<void> {
  const rows = known ?? (await readRows(batch, definitions, subjectsOf(asked)));
  const looks = asked.filter(({ subject }) => !isRestricted(subject));
  await layToRest(batch, definitions, { asked, rows });
  const changes: Changes = { joined: [], gone: [], wakes: [], wakeless: [], touched: [] };
  if (looks.length > 0) await lookAtAll(batch, definitions, { looks, rows, changes });
  const at = new Date(batch.now);
  await deleteMembers(batch.sql, batch.workspaceId, changes.gone);
  await insertMembers(batch.sql, batch.workspaceId, { members: changes.joined, at });
  await saveWakes(batch.sql, batch.workspaceId, changes.wakes);
  await deleteWakes(batch.sql, batch.workspaceId, changes.wakeless);
  if (!definitions.isFilling) return;
  const restricted = asked.filter(({ subject }) => isRestricted(subject)).map(({ subject }) => subject.id);
  await noteTouched(batch.sql, batch.workspaceId, [...changes.touched, ...restricted]);
}

export function* subjectsOf(looks: readonly Look[]): Generator<Subject> {
  for (const { subject, merged } of looks) {
    yield subject;
    yield* merged;
  }
}

async function lookAtAll(
  batch: SubjectBatch,
  definitions: SegmentDefinitions,
  { looks, rows, changes }: { looks: readonly Look[]; rows: MemberRows; changes: Changes },
): Promise<void> {
  const history = await foldHistory(batch, definitions, looks);
  const subjects = looks.map((look) => look.subject);
  const traits = definitions.readsPersonal ? await openTraits(batch, subjects) : undefined;
  const factsOf = await loadFacts(batch, subjects, { facts: definitions.facts, zone: definitions.zone, traits });
  for (const look of looks) {
    const { subject } = look;
    const stored = subject.get(segmentSection) ?? EMPTY_STATE;
    const { wakeMs: dueMs, ...rest } = stored;
    const isObjected = profilingObjectedAt(subject) !== undefined;
    const carried = look.merged.flatMap((from) => memberKeys(definitions, from, rows));
    const input: MemberInput = {
      state: look.woken === true ? rest : stored,
      folded: [...mergedLeaves(definitions, look), ...(history.get(subject.id) ?? [])],
      carried: [...carried, ...(look.partOf ?? [])],
      mergedStages: look.merged.map((from) => from.get(segmentSection)?.stage ?? 'visitor'),
      inRows: rows.member.get(subject.id) ?? NO_ROWS,
      unjudged: new Set([subject, ...look.merged].flatMap(({ id }) => [...(rows.unjudged.get(id) ?? [])])),
      events: look.events,
      traits: () => traits?.get(subject.id) ?? clearTraits(subject),
      facts: factsOf(subject),
      everyRule: look.everyRule || (isObjected && stored.member.length > 0),
      cause: causeOf(look),
      nowMs: batch.now,
    };
    if (!isUntouched(definitions, input)) changes.touched.push(subject.id);
    const output = isObjected ? objected(definitions, input) : advanceMember(definitions, input);
    if (output.state !== stored) subject.set(segmentSection, output.state);
    const nextMs = output.state.wakeMs;
    const isMoved = nextMs !== dueMs || look.woken === true;
    if (nextMs !== undefined && isMoved) changes.wakes.push({ profileId: subject.id, atMs: nextMs });
    else if (nextMs === undefined && dueMs !== undefined) changes.wakeless.push(subject.id);
    collect(batch, look, { output, changes });
  }
}

const NO_ROWS: ReadonlySet<string> = new Set();

function causeOf(look: Look): MemberCause {
  if (look.cause !== undefined) return look.cause;
  if (look.merged.length > 0) return 'merged';
  return look.events.length === 0 ? 'time' : 'event';
}

const NO_SEGMENTS = { segments: [], keys: new Set<string>(), byRule: new Map(), lifecycle: undefined };

/** Of who objected to profiling only what happens is counted; no rule is asked, and she is in no segment. */
function objected(definitions: SegmentDefinitions, input: MemberInput): MemberOutput {
  const { segments } = definitions;
  const output = advanceMember({ ...definitions, ...NO_SEGMENTS }, input);
  const wasIn = segments.filter(({ key }) => input.state.member.includes(key));
  const inRows = segments.filter(({ key }) => input.inRows.has(key));
  // Of who is in a new one while it is swept nobody was told yet.
  const known = inRows.filter(({ status, isChanged }) => status === 'live' || isChanged);
  const told = [...new Set([...wasIn, ...known])].map((segment): ToldFlip => ({
    segment,
    cause: input.cause,
    name: 'Segment Left',
  }));
  return { state: output.state, told, joined: [], gone: [...wasIn, ...inRows] };
}

/** A restricted profile is not woken again, and in no segment that is new: it is evaluated anew when the restriction is lifted. */
async function layToRest(
  batch: SubjectBatch,
  { segments }: SegmentDefinitions,
  { asked, rows }: { asked: readonly Look[]; rows: MemberRows },
): Promise<void> {
  const restricted = asked.filter(({ subject }) => isRestricted(subject));
  const woken = restricted.filter((look) => look.woken === true);
  for (const { subject } of woken) {
    const { wakeMs: _used, ...state } = subject.get(segmentSection) ?? EMPTY_STATE;
    subject.set(segmentSection, state);
  }
  const found = restricted.flatMap(({ subject: { id: profileId } }) =>
    segments
      .filter(({ status, isChanged }) => status === 'sweeping' && !isChanged)
      .filter(({ key }) => rows.member.get(profileId)?.has(key) === true)
      .map((segment) => ({ segmentId: segment.id, profileId })),
  );
  await deleteMembers(batch.sql, batch.workspaceId, found);
  const ids = woken.map(({ subject }) => subject.id);
  await deleteWakes(batch.sql, batch.workspaceId, ids);
}

function collect(
  batch: SubjectBatch,
  look: Look,
  { output, changes }: { output: MemberOutput; changes: Changes },
): void {
  const profileId = look.subject.id;
  for (const { segment, cause } of output.joined) changes.joined.push({ segmentId: segment.id, profileId, cause });
  for (const segment of output.gone) changes.gone.push({ segmentId: segment.id, profileId });
  for (const flip of output.told) {
    if (look.partOf === undefined || flip.name === 'Segment Entered') emitFlip(batch, look, flip);
  }
  if (output.entered !== undefined && look.partOf === undefined) emitStage(batch, look, output.entered);
}

function emitStage(batch: SubjectBatch, look: Look, { stage, previous }: NonNullable<MemberOutput['entered']>): void {
  batch.emit({
    subjectId: look.subject.id,
    node: look.node ?? anchorNode(look.subject),
    name: 'Lifecycle Stage Entered',
    occurredAt: batch.now,
    properties: { stage, previous_stage: previous, cause: causeOf(look) },
  });
}

function emitFlip(batch: SubjectBatch, look: Look, { segment, name, cause }: ToldFlip): void {
  batch.emit({
    subjectId: look.subject.id,
    node: look.node ?? anchorNode(look.subject),
    name,
    occurredAt: batch.now,
    properties: { segment_id: publicId('seg', segment.id), segment_name: segment.name, cause },
  });
}

function mergedLeaves(definitions: SegmentDefinitions, look: Look): LeafStates[] {
  return look.merged.map((from) => decodeLeaves(definitions, from.get(segmentSection)?.leaves ?? {}));
}

/** History that lies ready for the nodes of these profiles, by profile. Asked only of profiles that are behind, or merged. */
async function foldHistory(
  batch: SubjectBatch,
  definitions: SegmentDefinitions,
  looks: readonly Look[],
): Promise<Map<string, LeafStates[]>> {
  const byProfile = new Map<string, LeafStates[]>();
  if (definitions.filled.length === 0) return byProfile;
  const owners = new Map<number, string>();
  for (const { subject, merged } of looks) {
    const upTo = subject.get(segmentSection)?.upTo ?? 0;
    if (merged.length === 0 && upTo >= definitions.serialMax) continue;
    for (const node of nodeIdsOf(subject)) owners.set(node, subject.id);
  }
  if (owners.size === 0) return byProfile;
  const taken = await takeLeafStates(batch.sql, batch.workspaceId, {
    generations: definitions.filled,
    nodes: [...owners.keys()],
  });
  for (const { generation, node, state } of taken) {
    const key = definitions.keyOf.get(generation);
    const profileId = owners.get(node)!;
    if (key === undefined) continue;
    const parts = byProfile.get(profileId);
    const part = { [key]: state } as LeafStates;
    if (parts === undefined) byProfile.set(profileId, [part]);
    else parts.push(part);
  }
  return byProfile;
}
