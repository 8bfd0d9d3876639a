import { PREVIEW_SAMPLE_MAX, type SegmentPreview, type SegmentRule } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { readPositions, readSubjects, type Subject } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';
import { publicId } from '../../platform/ids/index.ts';
import { getWorkspaceRow } from '../accounts/index.ts';
import {
  countProfiles,
  drawProfiles,
  isRestricted,
  listExisting,
  nodeIdsOf,
  openTraits,
  profilingObjectedAt,
} from '../profiles/index.ts';
import { checkRule } from './check-rule.ts';
import { blindIndexOf } from './definitions.ts';
import { describeRule } from './describe.ts';
import { estimateMembers } from './estimate-members.ts';
import { evaluateRule } from './evaluate.ts';
import { findWithheld } from './find-withheld.ts';
import { historyLeafState } from './history/found-state.ts';
import {
  type CountedAnswer,
  countingQuery,
  drawnQuery,
  historyQuery,
  type RuleScope,
  ruleQuery,
} from './history/history-sql.ts';
import type { HistoryScope } from './history/scope.ts';
import { type LeafStates, mergeLeafStates } from './leaf-state.ts';
import { loadFacts } from './load-facts.ts';
import { loadWorld } from './load-world.ts';
import { valueAt } from './path.ts';
import type { CompiledRule } from './rule.ts';
import { compileIn, worldOf } from './rule-world.ts';
import { loadSaidTraits } from './said-traits.ts';
import { listActiveSegments } from './segment-store.ts';

/** So many profiles are asked where history cannot answer; a workspace that has no more is asked whole. */
const DRAWN_MAX = 2_000;
/** A workspace of more profiles is not asked whole: a draw of so many answers within two seconds, whatever its size. */
const EXACT: PreviewLimits = { askedMax: 100_000, drawn: 50_000, blockNodes: 1_024 };

/** From how many profiles on history is asked only of a draw, and how that is made. */
export interface PreviewLimits {
  readonly askedMax: number;
  readonly drawn: number;
  readonly blockNodes: number;
}

/** A few more than are shown: history may name profiles that are gone since. */
const ASKED_SAMPLE = 3 * PREVIEW_SAMPLE_MAX;

type Answer = Omit<SegmentPreview, 'description' | 'profiles'>;

/** How many profiles a rule holds for now, and some of them. Counted by history; where that cannot tell, estimated by a draw. */
export async function previewSegment(ctx: Ctx, rule: SegmentRule, limits = EXACT): Promise<SegmentPreview> {
  const { sql, workspaceId } = ctx;
  const active = await listActiveSegments(sql, workspaceId);
  await checkRule(ctx, { rule, active });
  const world = worldOf(rule, await loadWorld(sql, workspaceId, active));
  const compiled = compileIn(rule, world, await blindIndexOf(ctx, workspaceId));
  const names = new Map(active.map((segment) => [publicId('seg', segment.id), segment.name]));
  const scope = { workspaceId, cut: await readPositions(sql, 'processor'), nowMs: ctx.clock.now() };
  const profiles = await countProfiles(sql, workspaceId);
  const isLarge = profiles > limits.askedMax;
  const blocks = { oneIn: Math.ceil(profiles / limits.drawn), blockNodes: limits.blockNodes };
  const asked = { scope: { ...scope, ...(isLarge && { draw: blocks }) }, profiles };
  const answer = (await askHistory(ctx, compiled, asked)) ?? (await draw(ctx, compiled, { scope, profiles }));
  return { ...answer, profiles, description: describeRule(rule, (id) => names.get(id)) };
}

async function askHistory(
  ctx: Ctx,
  compiled: CompiledRule,
  { scope, profiles }: { scope: Omit<RuleScope, 'isSaid'>; profiles: number },
): Promise<Answer | undefined> {
  const isSaid = await loadSaidTraits(ctx.sql, ctx.workspaceId);
  const query = ruleQuery(compiled, { ...scope, isSaid });
  if (query === undefined) return undefined;
  const withheld = await findWithheld(ctx, ctx.sql, ctx.workspaceId);
  if (withheld.length > DRAWN_MAX) return undefined;
  const limits = {
    ...{ sampleMax: ASKED_SAMPLE, unsureMax: DRAWN_MAX, besides: withheld },
    isDrawn: scope.draw !== undefined,
  };
  const { draw: drawing, ...plain } = scope;
  const drawn = drawing && ctx.history.query<{ block: number; drawn: number }>(drawnQuery({ ...plain, draw: drawing }));
  const [[row], sizes] = await Promise.all([ctx.history.query<CountedAnswer>(countingQuery(query, limits)), drawn]);
  if (row === undefined || row.unsure.length > DRAWN_MAX) return undefined;
  // Of a draw those withheld count as no members: hardly anybody of them is one.
  const ids = drawing === undefined ? [...row.unsure, ...withheld] : row.unsure;
  const judged = await judge(ctx, compiled, { scope: plain, ids });
  const members = row.members + judged.length;
  const existing = new Set(await listExisting(ctx.sql, ctx.workspaceId, row.sample));
  const sample = [...row.sample.filter((id) => existing.has(id)), ...judged].slice(0, PREVIEW_SAMPLE_MAX);
  const shown = sample.map((id) => publicId('prf', id));
  if (sizes === undefined) return { members, isExact: true, low: members, high: members, sample: shown };
  const blocks = sizes.map(({ block, drawn: size }) => ({ hits: row.blocks?.[block] ?? 0, drawn: size }));
  const all = blocks.reduce((sum, { drawn: size }) => sum + size, 0);
  return { ...estimateMembers({ hits: members, drawn: all, profiles, blocks }), isExact: false, sample: shown };
}

async function draw(
  ctx: Ctx,
  compiled: CompiledRule,
  { scope, profiles }: { scope: HistoryScope; profiles: number },
): Promise<Answer> {
  const ids = await drawProfiles(ctx.sql, ctx.workspaceId, DRAWN_MAX);
  const hits = await judge(ctx, compiled, { scope, ids });
  const sample = hits.slice(0, PREVIEW_SAMPLE_MAX).map((id) => publicId('prf', id));
  if (profiles <= ids.length) {
    return { members: hits.length, isExact: true, low: hits.length, high: hits.length, sample };
  }
  return { ...estimateMembers({ hits: hits.length, drawn: ids.length, profiles }), isExact: false, sample };
}

/** Those of these profiles for whom the rule holds, by the evaluator that segments are evaluated with. */
async function judge(
  ctx: Ctx,
  compiled: CompiledRule,
  { scope, ids }: { scope: HistoryScope; ids: readonly string[] },
): Promise<string[]> {
  if (ids.length === 0) return [];
  const { sql, workspaceId } = ctx;
  const subjects = await readSubjects(sql, workspaceId, ids);
  const leaves = await countLeaves(ctx, compiled, { scope, subjects: subjects.values() });
  const traits = await openTraits(ctx, subjects.values());
  const { time_zone: zone } = await getWorkspaceRow(sql, workspaceId);
  const factsOf = await loadFacts(ctx, [...subjects.values()], { facts: compiled.facts, zone, traits });
  const hits: string[] = [];
  for (const subject of subjects.values()) {
    // She is in no segment.
    if (profilingObjectedAt(subject) !== undefined || isRestricted(subject)) continue;
    const said = traits.get(subject.id) ?? NO_TRAITS;
    const view = { get: (path: readonly string[]) => valueAt(said, path) };
    const input = { traits: view, leaves: leaves.get(subject.id) ?? {}, facts: factsOf(subject) };
    if (evaluateRule(compiled, input, scope.nowMs).holds) hits.push(subject.id);
  }
  return hits;
}

const NO_TRAITS: JsonObject = {};

/** What history knows of these profiles for each leaf. */
async function countLeaves(
  ctx: Ctx,
  compiled: CompiledRule,
  { scope, subjects }: { scope: HistoryScope; subjects: Iterable<Subject> },
): Promise<Map<string, LeafStates>> {
  const parts = new Map<string, LeafStates[]>();
  const owners = new Map(
    [...subjects].flatMap((subject) => nodeIdsOf(subject).map((node) => [node, subject.id] as const)),
  );
  for (const [key, leaf] of compiled.leaves) {
    const query = historyQuery(leaf, { ...scope, nodes: [...owners.keys()] });
    for (const row of await ctx.history.query({ ...query, priority: 'interactive' })) {
      const { node, state } = historyLeafState(leaf, row, scope.nowMs);
      if (state === undefined) continue;
      const id = owners.get(node)!;
      parts.set(id, [...(parts.get(id) ?? []), { [key]: state }]);
    }
  }
  return new Map([...parts].map(([id, states]) => [id, mergeLeafStates(states, scope.nowMs)]));
}
