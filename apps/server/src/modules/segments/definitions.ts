import type { SegmentStatus } from '@segue/contract';
import { createConfigCache, type SubjectBatch } from '../../platform/eventlog/index.ts';
import { blindHashesOf, isPersonalTrait } from '../events/index.ts';
import { loadIdentifierReader } from '../profiles/index.ts';
import type { BlindIndex } from './leaf.ts';
import { combineRules, type CompiledNode, type CompiledRule, type CompiledRules, compileRule } from './rule.ts';
import type { ReplayedPlace } from './rule-input.ts';
import { shortKey } from './segment-section.ts';
import { listActiveSegments, listLeaves } from './segment-store.ts';

/** A segment ready to evaluate. */
export interface ActiveSegment {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly status: SegmentStatus;
  readonly compiled: CompiledRule;
}

/** Everything of a workspace that the stage, the wakes and the sweep evaluate with. */
export interface SegmentDefinitions {
  /** Those whose truth is known for every profile that is looked at: live and sweeping ones. */
  readonly segments: readonly ActiveSegment[];
  readonly byRule: ReadonlyMap<CompiledRule, ActiveSegment>;
  /** All rules, the filling ones too: their events are counted from the cut on. */
  readonly rules: CompiledRules;
  readonly generationOf: ReadonlyMap<string, number>;
  readonly keyOf: ReadonlyMap<number, string>;
  /** Leaves whose history lies in `leaf_state`, to be folded in when a profile is touched. */
  readonly filled: readonly number[];
  /** Leaf keys whose history is not folded in everywhere yet: what a profile holds of them is only a part. */
  readonly partial: ReadonlySet<string>;
  /** Whether the history counted this place for a leaf: it lies before the leaf's cut. */
  readonly hasHistory: (leafKey: string, place: ReplayedPlace) => boolean;
  readonly sweeping: boolean;
  readonly readsPersonal: boolean;
}

/** Loaded anew whenever a definition changed. */
export const segmentDefinitions = createConfigCache(loadDefinitions);

async function loadDefinitions(batch: SubjectBatch): Promise<SegmentDefinitions> {
  const index = await blindIndexOf(batch, batch.workspaceId);
  const rows = await listActiveSegments(batch.sql, batch.workspaceId);
  const leaves = await listLeaves(batch.sql, batch.workspaceId);
  const { ownFields } = await loadIdentifierReader(batch.sql, batch.workspaceId);
  const isPersonal = (name: string) => isPersonalTrait(name) || ownFields.has(name);
  const active = rows.map((row): ActiveSegment => ({
    id: row.id,
    key: shortKey(row.id),
    name: row.name,
    status: row.status,
    compiled: compileRule(row.rule, index),
  }));
  const segments = active.filter((segment) => segment.status !== 'filling');
  return {
    segments,
    byRule: new Map(segments.map((segment) => [segment.compiled, segment])),
    rules: combineRules(active.map((segment) => segment.compiled)),
    generationOf: new Map(leaves.map((leaf) => [leaf.leaf_key, leaf.generation])),
    keyOf: new Map(leaves.map((leaf) => [leaf.generation, leaf.leaf_key])),
    filled: leaves.filter((leaf) => leaf.status === 'filled').map((leaf) => leaf.generation),
    partial: new Set(leaves.filter((leaf) => leaf.status !== 'live').map((leaf) => leaf.leaf_key)),
    hasHistory(leafKey, [log, lane, seq]) {
      const cut = leaves.find((leaf) => leaf.leaf_key === leafKey)?.cut;
      return cut?.some((place) => place[0] === log && place[1] === lane && place[2] >= seq) === true;
    },
    sweeping: segments.some((segment) => segment.status === 'sweeping'),
    readsPersonal: segments.some((segment) => readsPersonal(segment.compiled.root, isPersonal)),
  };
}

/** Personal values also lie deeper: `company.email`. Opening too much costs a query, too little a wrong answer. */
function readsPersonal(node: CompiledNode, isPersonal: (trait: string) => boolean): boolean {
  switch (node.kind) {
    case 'all':
    case 'any':
      return node.children.some((child) => readsPersonal(child, isPersonal));
    case 'not':
      return readsPersonal(node.child, isPersonal);
    case 'trait':
    case 'date':
      return node.steps.some(isPersonal);
    case 'event':
      return false;
  }
}

/** What sealed properties of a workspace's events are compared by. */
export async function blindIndexOf(reader: Pick<SubjectBatch, 'keysOf'>, workspaceId: number): Promise<BlindIndex> {
  const keys = await reader.keysOf(workspaceId);
  return (property, values) => blindHashesOf(keys, property, values);
}
