import { readSubjects, type Subject } from '../../../platform/eventlog/index.ts';
import type { Json, JsonObject } from '../../../platform/json.ts';
import {
  clearTraits,
  defineWorkspaceTraits,
  hasAddress,
  nodeIdsOf,
  profilingObjectedAt,
} from '../../profiles/index.ts';
import { type CompiledComputed, computedValue } from '../computed.ts';
import { knownZone } from '../known-zone.ts';
import { type LeafStates, mergeLeafStates } from '../leaf-state.ts';
import { listLeaves, listLeafStates } from '../leaf-store.ts';
import { lifecycleStage } from '../lifecycle/lifecycle-stage.ts';
import { type CompiledNode, LIFECYCLE_TRAIT } from '../rule.ts';
import { compileIn, nodesOf } from '../rule-world.ts';
import { segmentSection } from '../segment-section.ts';
import { listTraitOwners, type SegmentRow } from '../segment-store.ts';

type Reader = Parameters<Parameters<typeof defineWorkspaceTraits>[0]>[0];
type LifecycleNode = Extract<CompiledNode, { kind: 'lifecycle' }>;

/** What a workspace computes of its profiles: each by the state of one leaf. */
interface Computed {
  readonly traits: readonly { readonly name: string; readonly zone: string; readonly computed: CompiledComputed }[];
  readonly lifecycle: LifecycleNode | undefined;
  /** Of the leaves read, by generation. */
  readonly keyOf: ReadonlyMap<number, string>;
  /** Those whose history may still lie by node. */
  readonly filled: readonly number[];
}

defineWorkspaceTraits(computeWorkspaceTraits);

/**
 * Computed traits and the lifecycle stage of these profiles at `nowMs`, exact at that instant; absent while history is being
 * counted for the first time, and of who objected to profiling. Two queries for the definitions, one for history not folded in
 * yet and one to see that nobody folded it in meanwhile; a single one where the workspace computes nothing.
 */
export async function computeWorkspaceTraits(
  reader: Reader,
  subjects: readonly Subject[],
  nowMs: number,
): Promise<Map<string, JsonObject>> {
  const found = new Map<string, JsonObject>();
  const asked = subjects.filter((subject) => profilingObjectedAt(subject) === undefined);
  const computed = asked.length === 0 ? undefined : await loadComputed(reader);
  if (computed === undefined) return found;
  const statesOf = await loadStates(reader, asked, { computed, nowMs });
  for (const subject of asked) found.set(subject.id, traitsOf(subject, computed, { states: statesOf(subject), nowMs }));
  return found;
}

function traitsOf(
  subject: Subject,
  { traits, lifecycle }: Computed,
  { states, nowMs }: { states: LeafStates; nowMs: number },
): JsonObject {
  const found: JsonObject = {};
  for (const { name, zone, computed } of traits) {
    const customerZone = () => knownZone(clearTraits(subject)['timezone']) ?? zone;
    const { value } = computedValue(computed, states[computed.leaf.key], { nowMs, customerZone });
    if (value !== undefined) found[name] = value;
  }
  if (lifecycle === undefined) return found;
  const about = { hasAddress: hasAddress(subject), times: lifecycle.times };
  found[LIFECYCLE_TRAIT] = lifecycleStage((states[lifecycle.leafKey] ?? []) as number[], about, nowMs).stage;
  return found;
}

async function loadComputed({ sql, workspaceId }: Reader): Promise<Computed | undefined> {
  const owners = await listTraitOwners(sql, workspaceId);
  if (owners.length === 0) return undefined;
  const nodes = owners.map((owner) => ({ owner, nodes: [...nodesOf(compileIn(owner.rule, owner.world).root)] }));
  const traits = nodes.flatMap(({ owner, nodes: all }) => all.flatMap((node) => traitOf(owner, node)));
  const lifecycle = nodes.flatMap(({ nodes: all }) => all.filter((node) => node.kind === 'lifecycle'))[0];
  const keys = new Set([...traits.map(({ computed }) => computed.leaf.key), lifecycle?.leafKey]);
  const leaves = (await listLeaves(sql, workspaceId)).filter((leaf) => keys.has(leaf.leaf_key));
  return {
    traits,
    lifecycle,
    keyOf: new Map(leaves.map((leaf) => [leaf.generation, leaf.leaf_key])),
    filled: leaves.filter((leaf) => leaf.status === 'filled').map((leaf) => leaf.generation),
  };
}

function traitOf(owner: Pick<SegmentRow, 'name' | 'world'>, node: CompiledNode): Computed['traits'] {
  return node.kind === 'computed'
    ? [{ name: owner.name, zone: owner.world.zone ?? 'UTC', computed: node.computed }]
    : [];
}

/**
 * What is counted of each profile: what its own state holds, and history by node that was not folded into it yet. Nobody need
 * hold the profiles: of one into which history was folded while it was being read the newer state is taken.
 */
async function loadStates(
  reader: Reader,
  subjects: readonly Subject[],
  { computed, nowMs }: { computed: Computed; nowMs: number },
): Promise<(subject: Subject) => LeafStates> {
  const { sql, workspaceId } = reader;
  const own = (subject: Subject) => decode(computed, subject.get(segmentSection)?.leaves ?? {});
  const owners = new Map(subjects.flatMap((subject) => nodeIdsOf(subject).map((node) => [node, subject] as const)));
  const rows = await listLeafStates(sql, workspaceId, { generations: computed.filled, nodes: [...owners.keys()] });
  if (rows.length === 0 && computed.filled.length === 0) return own;
  const upTo = (subject: Subject | undefined) => subject?.get(segmentSection)?.upTo ?? 0;
  const now = await readSubjects(
    sql,
    workspaceId,
    subjects.map((subject) => subject.id),
  );
  const parts = new Map<string, LeafStates[]>();
  for (const { generation, node, state } of rows) {
    const key = computed.keyOf.get(generation);
    const { id } = owners.get(node)!;
    if (key !== undefined) parts.set(id, [...(parts.get(id) ?? []), { [key]: state } as LeafStates]);
  }
  return (subject) => {
    const newer = now.get(subject.id);
    if (newer !== undefined && upTo(newer) > upTo(subject)) return own(newer);
    return mergeLeafStates([own(subject), ...(parts.get(subject.id) ?? [])], nowMs);
  };
}

function decode({ keyOf }: Computed, stored: Readonly<Record<string, Json>>): LeafStates {
  const states: Record<string, Json> = {};
  for (const [generation, state] of Object.entries(stored)) {
    const key = keyOf.get(Number(generation));
    if (key !== undefined) states[key] = state;
  }
  return states as LeafStates;
}
