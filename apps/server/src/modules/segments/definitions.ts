import type { SegmentStatus } from '@segue/contract';
import { createConfigCache, type SubjectBatch } from '../../platform/eventlog/index.ts';
import { blindHashesOf, isPersonalTrait } from '../events/index.ts';
import { getWorkspaceRow } from '../accounts/index.ts';
import { loadIdentifierReader } from '../profiles/index.ts';
import type { Fact } from './facts.ts';
import type { ActiveLifecycle } from './lifecycle/advance-stage.ts';
import { listLeaves } from './leaf-store.ts';
import type { BlindIndex } from './event-source.ts';
import { combineRules, type CompiledNode, type CompiledRule, type CompiledRules } from './rule.ts';
import type { ReplayedPlace } from './rule-input.ts';
import { compileIn, nodesOf } from './rule-world.ts';
import { shortKey } from './segment-section.ts';
import { listActiveSegments, type SegmentRow } from './segment-store.ts';

/** A segment ready to evaluate. */
export interface ActiveSegment {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly status: SegmentStatus;
  /** Profiles that were looked at under this number know whether they are in it. */
  readonly serial: number;
  /** It is swept because its rule changed: the differences are told. */
  readonly isChanged: boolean;
  /** It is swept after history answered its rule: the rows say who was in when it was defined. */
  readonly isAnswered: boolean;
  readonly compiled: CompiledRule;
}

/** Everything of a workspace that the stage, the wakes and the sweep evaluate with. */
export interface SegmentDefinitions {
  /** Those whose truth is known for every profile that is looked at: live and sweeping ones. */
  readonly segments: readonly ActiveSegment[];
  /** Their short keys. */
  readonly keys: ReadonlySet<string>;
  readonly byRule: ReadonlyMap<CompiledRule, ActiveSegment>;
  /** All rules, the filling ones and those that follow too: their events are counted from the cut on. */
  readonly rules: CompiledRules;
  readonly generationOf: ReadonlyMap<string, number>;
  readonly keyOf: ReadonlyMap<number, string>;
  /** Leaves whose history lies in `leaf_state`, to be folded in when a profile is touched. */
  readonly filled: readonly number[];
  /** Leaf keys whose history is not folded in everywhere yet: what a profile holds of them is only a part. */
  readonly partial: ReadonlySet<string>;
  /** Whether the history counted this place for a leaf: it lies before the leaf's cut. */
  readonly hasHistory: (leafKey: string, place: ReplayedPlace) => boolean;
  /** The greatest serial of `segments` and of what is filled like them: a profile that was looked at up to it is behind none of them. */
  readonly serialMax: number;
  /** History is being counted for some rule: whoever something happens to is noted. */
  readonly isFilling: boolean;
  readonly readsPersonal: boolean;
  /** What the rules of `segments` read beside traits and events. */
  readonly facts: ReadonlySet<Fact>;
  /** Undefined: nobody said how stages are told, or history is being counted for it. */
  readonly lifecycle: ActiveLifecycle | undefined;
  /** The workspace's IANA zone. */
  readonly zone: string;
}

/** Loaded anew whenever a definition changed. */
export const segmentDefinitions = createConfigCache(loadDefinitions);

async function loadDefinitions(batch: SubjectBatch): Promise<SegmentDefinitions> {
  const index = await blindIndexOf(batch, batch.workspaceId);
  const rows = await listActiveSegments(batch.sql, batch.workspaceId);
  const leaves = await listLeaves(batch.sql, batch.workspaceId);
  const { ownFields } = await loadIdentifierReader(batch.sql, batch.workspaceId);
  const isPersonal = (name: string) => isPersonalTrait(name) || ownFields.has(name);
  const active = rows.map((row) => activate(row, index));
  const evaluated = active.filter(({ status }) => status !== 'filling');
  const segments = evaluated.filter(({ kind }) => kind === 'segment');
  const lifecycle = lifecycleOf(evaluated);
  const following = rows.flatMap(({ next_rule: rule, next_world: world }) =>
    rule === null ? [] : [compileIn(rule, world ?? {}, index)],
  );
  return {
    segments,
    keys: new Set(segments.map(({ key }) => key)),
    byRule: new Map(segments.map((segment) => [segment.compiled, segment])),
    rules: combineRules([...active.map((segment) => segment.compiled), ...following]),
    generationOf: new Map(leaves.map((leaf) => [leaf.leaf_key, leaf.generation])),
    keyOf: new Map(leaves.map((leaf) => [leaf.generation, leaf.leaf_key])),
    filled: leaves.filter((leaf) => leaf.status === 'filled').map((leaf) => leaf.generation),
    partial: new Set(leaves.filter((leaf) => leaf.status !== 'live').map((leaf) => leaf.leaf_key)),
    hasHistory(leafKey, [log, lane, seq]) {
      const cut = leaves.find((leaf) => leaf.leaf_key === leafKey)?.cut;
      return cut?.some((place) => place[0] === log && place[1] === lane && place[2] >= seq) === true;
    },
    serialMax: evaluated.reduce((most, segment) => Math.max(most, segment.serial), 0),
    isFilling: rows.some((row) => row.status === 'filling' || row.next_rule !== null),
    readsPersonal: segments.some((segment) => readsPersonal(segment.compiled.root, isPersonal)),
    facts: new Set([
      ...segments.flatMap((segment) => [...segment.compiled.facts]),
      ...(lifecycle ? ['$lifecycle' as const] : []),
    ]),
    lifecycle,
    zone: await readZone(batch.sql, batch.workspaceId),
  };
}

function activate(row: SegmentRow, index: BlindIndex): Owner {
  return {
    id: row.id,
    kind: row.kind,
    key: shortKey(row.id),
    name: row.name,
    status: row.status,
    serial: row.serial,
    isChanged: row.is_changed,
    isAnswered: row.fill.way === 'history',
    compiled: compileIn(row.rule, row.world, index),
  };
}

/** A segment, or what is filled like one. */
type Owner = ActiveSegment & Pick<SegmentRow, 'kind'>;

function lifecycleOf(owners: readonly Owner[]): ActiveLifecycle | undefined {
  const owner = owners.find(({ kind }) => kind === 'lifecycle');
  const root = owner?.compiled.root;
  if (owner === undefined || root?.kind !== 'lifecycle') return undefined;
  return { leafKey: root.leafKey, times: root.times, serial: owner.serial, isSweeping: owner.status === 'sweeping' };
}

async function readZone(sql: SubjectBatch['sql'], workspaceId: number): Promise<string> {
  const workspace: { time_zone: string } | undefined = await getWorkspaceRow(sql, workspaceId);
  return workspace?.time_zone ?? 'UTC';
}

/** Personal values also lie deeper: `company.email`. Opening too much costs a query, too little a wrong answer. */
function readsPersonal(root: CompiledNode, isPersonal: (trait: string) => boolean): boolean {
  for (const node of nodesOf(root)) if ('steps' in node && node.steps.some(isPersonal)) return true;
  return false;
}

/** What sealed properties of a workspace's events are compared by. */
export async function blindIndexOf(reader: Pick<SubjectBatch, 'keysOf'>, workspaceId: number): Promise<BlindIndex> {
  const keys = await reader.keysOf(workspaceId);
  return (property, values) => blindHashesOf(keys, property, values);
}
