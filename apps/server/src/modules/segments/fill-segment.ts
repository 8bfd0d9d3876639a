import type { Services } from '../../platform/context.ts';
import { cutLanes, readPositions } from '../../platform/eventlog/index.ts';
import { blindIndexOf } from './definitions.ts';
import { countPage, rangeAfter, savePage } from './fill-page.ts';
import type { Filling } from './filling.ts';
import type { FillProgress } from './fill-progress.ts';
import {
  adoptAnswers,
  beginSweep,
  forgetCandidates,
  holdFill,
  lockFill,
  noteDifferences,
  noteCandidates,
  openAnswers,
  readTransactions,
  saveFill,
} from './fill-store.ts';
import type { CutPosition } from './history/scope.ts';
import { findWithheld } from './find-withheld.ts';
import { dropUnneededLeaves } from './leaf-owners.ts';
import { cutPositions, markFilled, type StoredCut } from './leaf-store.ts';
import { forgetRows } from './member-store.ts';
import { ruleQuery } from './history/history-sql.ts';
import { loadSaidTraits } from './said-traits.ts';
import type { Transaction } from '../../platform/postgres/index.ts';
import type { CompiledRule } from './rule.ts';
import { compileIn, nodesOf } from './rule-world.ts';
import type { SegmentRow } from './segment-store.ts';

interface HistoryAnswer {
  readonly profile_id: string;
  /** 0: only a look at the profile can tell. */
  readonly is_sure: number;
}

/** One step of the way to `sweeping`; answers 0 when it has to wait, or another process made the step. */
export async function fillSegment(services: Services, segment: SegmentRow): Promise<number> {
  const { fill } = segment;
  if (fill.fence === undefined) {
    // The rule is committed: whoever begins from here on reads it.
    const { next } = await readTransactions(services.postgres);
    return step(services, segment, { ...fill, fence: next });
  }
  if (fill.heads === undefined) return findHeads(services, segment, fill.fence);
  const filling = await open(services, segment);
  if (fill.atMs === undefined) {
    if (!(await isArchived(services, [filling.cut, cutPositions(fill.heads)]))) return 0;
    return answer(services, filling);
  }
  return (await fillPages(services, filling)) ?? swap(services, filling);
}

/** So many pages before others have their turn. */
const PAGES_AT_ONCE = 8;

/**
 * Counts page after page and lays it ready, while history already counts the next one: 1,000,000 profiles with 20,000,000
 * events took 68 s one by one. Undefined: there is none left.
 */
async function fillPages(services: Services, filling: Filling): Promise<number | undefined> {
  const { postgres } = services;
  const count = async (after: number | undefined) => {
    const range = await rangeAfter(postgres, filling.segment, after);
    return range && countPage(services, filling, range);
  };
  let { segment } = filling;
  let page = await count(segment.fill.nodeTo);
  if (page === undefined) return undefined;
  for (let made = 0; ;) {
    const current: Filling = { ...filling, segment };
    const saved = page;
    const isLast = made + 1 === PAGES_AT_ONCE;
    const ahead: ReturnType<typeof count> = isLast ? Promise.resolve(undefined) : count(saved.range.upTo);
    // It is awaited once this page is saved, and heard of then.
    ahead.catch(() => undefined);
    const step = await alone(services, segment, (sql) => savePage(services, sql, { filling: current, page: saved }));
    made += step;
    page = await ahead;
    if (step === 0 || page === undefined) return made;
    segment = { ...segment, fill: { ...segment.fill, nodeTo: saved.range.upTo } };
  }
}

async function step(services: Services, segment: SegmentRow, fill: FillProgress): Promise<number> {
  return (await saveFill(services.postgres, segment, fill)) ? 1 : 0;
}

/**
 * Transactions that did not know the rule yet are over, so nobody touches a profile unnoted any more; what they told of
 * whose node is whose stands in Segue's own lanes up to their heads.
 */
async function findHeads(services: Services, segment: SegmentRow, fence: number): Promise<number> {
  const { oldest } = await readTransactions(services.postgres);
  if (oldest < fence) return 0;
  const places = await readPositions(services.postgres, 'processor');
  const heads = places.map(({ log, lane, head }) => [log, lane, head] as const) satisfies StoredCut;
  return step(services, segment, { ...segment.fill, heads });
}

async function open(services: Services, segment: SegmentRow): Promise<Filling> {
  const index = await blindIndexOf(services, segment.workspace_id);
  const rule = segment.next_rule ?? segment.rule;
  const world = (segment.next_rule === null ? segment.world : segment.next_world) ?? {};
  return { segment, compiled: compileIn(rule, world, index), cut: cutPositions(segment.cut) };
}

/** Whether the history holds everything up to these places. */
async function isArchived(services: Services, cuts: readonly (readonly CutPosition[])[]): Promise<boolean> {
  const archived = new Map(
    (await readPositions(services.postgres, 'archive')).map((p) => [`${p.log}/${p.lane}`, p.seq]),
  );
  return cuts.flat().every(({ log, lane, seq }) => (archived.get(`${log}/${lane}`) ?? 0) >= seq);
}

/** Whether time alone changes the answer in ways that only a look at the profile's own traits tells: a date, her zone. */
function isTimedByTraits({ rule, root }: CompiledRule): boolean {
  for (const { kind } of nodesOf(root)) if (kind === 'date' || kind === 'anniversary') return true;
  return JSON.stringify(rule).includes('"zone":"customer"');
}

/**
 * Asks history the whole rule, for this instant. The members of a new segment are visible from here on; of a changed rule
 * those are noted for whom it answers otherwise than the old one.
 */
async function answer(services: Services, filling: Filling): Promise<number> {
  const { segment, compiled, cut } = filling;
  const { workspace_id: workspaceId, id } = segment;
  const nowMs = services.clock.now();
  // A computed trait has no members: nobody need be looked at. A stage has to be known of everybody.
  if (segment.kind !== 'segment') {
    const way = segment.kind === 'trait' ? 'history' : 'sweep';
    return step(services, segment, { ...segment.fill, way, atMs: nowMs });
  }
  const isSaid = await loadSaidTraits(services.postgres, workspaceId);
  const query = isTimedByTraits(compiled) ? undefined : ruleQuery(compiled, { workspaceId, cut, nowMs, isSaid });
  if (query === undefined) return step(services, segment, { ...segment.fill, way: 'sweep', atMs: nowMs });
  return alone(services, segment, async (sql) => {
    const answers = await openAnswers(sql);
    await forgetCandidates(sql, workspaceId, id);
    const lookAt = (profileIds: readonly string[]) => noteCandidates(sql, workspaceId, { segmentId: id, profileIds });
    // History does not know who may not be in any segment, nor judge everything: they are looked at.
    await lookAt(await findWithheld(services, sql, workspaceId));
    for await (const rows of services.history.stream<HistoryAnswer>(query)) {
      await answers.add(rows.filter((row) => row.is_sure === 1).map((row) => row.profile_id));
      await lookAt(rows.filter((row) => row.is_sure === 0).map((row) => row.profile_id));
    }
    if (segment.next_rule === null) await adoptAnswers(sql, workspaceId, { segmentId: id, at: new Date(nowMs) });
    else await noteDifferences(sql, workspaceId, id);
    return saveFill(sql, segment, { ...segment.fill, way: 'history', atMs: nowMs });
  });
}

/** Makes a long step, unless another process is at it, or makes nothing of it when the rule was changed meanwhile. */
async function alone(
  services: Services,
  segment: SegmentRow,
  work: (sql: Transaction) => Promise<boolean>,
): Promise<number> {
  try {
    return await services.postgres.transaction(async (sql) => {
      if (!(await holdFill(sql, segment))) return 0;
      // The segment's own row is locked at the end only: whoever changes the rule holds all lanes meanwhile.
      if (!(await work(sql))) throw new LostStep();
      return 1;
    });
  } catch (error) {
    if (error instanceof LostStep) return 0;
    throw error;
  }
}

class LostStep extends Error {}

/** All history lies ready: from here on whoever is touched is asked the rule. */
async function swap(services: Services, { segment, compiled }: Filling): Promise<number> {
  const { workspace_id: workspaceId } = segment;
  const gone = await services.postgres.transaction(async (sql): Promise<readonly number[] | undefined> => {
    await cutLanes(sql);
    if (!(await lockFill(sql, segment))) return undefined;
    await markFilled(sql, workspaceId, [...compiled.leaves.keys()]);
    await beginSweep(sql, segment);
    return segment.next_rule === null ? [] : dropUnneededLeaves(sql, workspaceId);
  });
  if (gone === undefined) return 0;
  if (gone.length > 0) await forgetRows(services.postgres, workspaceId, { generations: gone });
  return 1;
}
