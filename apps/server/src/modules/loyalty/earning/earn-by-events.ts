import { createConfigCache, type EventBatch, finalOwners, type LoggedEvent } from '../../../platform/eventlog/index.ts';
import { getWorkspaceRow, listNumberedSources } from '../../accounts/index.ts';
import { findVariants, type ProductFactsOfVariant, readProductFacts } from '../../catalog/index.ts';
import { ordersOfEvents, type OrderState } from '../../orders/index.ts';
import { compileFilters, type RuleEvent } from '../../segments/index.ts';
import { openBook, writeBook } from '../ledger/open-book.ts';
import type { PointsBook } from '../ledger/points-book.ts';
import { type RuleOrder, writeRuleOrders } from '../orders/rule-order-store.ts';
import { dayText, localDayOf } from '../programs/local-day.ts';
import { lotDatesOf } from '../programs/lot-dates.ts';
import { listPrograms } from '../programs/program-store.ts';
import { type PointsTerms, type Program, programsOf, termsAt } from '../programs/program.ts';
import { isAsked, pointsOfEvent, productsOf, withinLimits } from './event-points.ts';
import { cameToNothing } from './order-points.ts';
import { listActiveRules, type RuleRow } from './rule-store.ts';
import { addUses, type DayUse, readUses } from './use-store.ts';

interface ActiveRule extends Pick<RuleRow, 'id' | 'program_id' | 'rule'> {
  readonly passes: (event: RuleEvent) => boolean;
}

/** The rules of a workspace by the event they are about. */
export const activeRules = createConfigCache(
  async ({ sql, workspaceId }): Promise<ReadonlyMap<string, ActiveRule[]>> => {
    const rules = new Map<string, ActiveRule[]>();
    for (const { id, program_id, rule } of await listActiveRules(sql, workspaceId)) {
      const active = { id, program_id, rule, passes: compileFilters(rule.where) };
      rules.set(rule.event, [...(rules.get(rule.event) ?? []), active]);
    }
    return rules;
  },
);

interface Hit {
  readonly rule: ActiveRule;
  readonly event: LoggedEvent;
  readonly owner: { readonly profileId: string; readonly node: number };
}

interface Won extends Hit {
  readonly program: Program;
  readonly terms: PointsTerms;
  readonly sourceRef: string;
  readonly day: string;
  /** Limits aside. */
  readonly points: number;
  readonly order: OrderState | undefined;
}

/** What the events of a batch earn by rules: each event once by each rule, in the order in which they came. */
export async function earnByEvents(batch: EventBatch): Promise<void> {
  const hits = await findHits(batch);
  if (hits.length === 0) return;
  const { sql, workspaceId, now, entries } = batch;
  const tx = { workspaceId, sql, now, entries };
  const programs = programsOf(await listPrograms(sql, workspaceId));
  const { time_zone: timeZone } = await getWorkspaceRow(sql, workspaceId);
  const won = await weigh(batch, hits, { programs: programs.all, timeZone });
  if (won.length === 0) return;
  const book = await openBook(tx, programs, {
    owners: won.map(({ program, owner }) => ({ programId: program.id, ...owner })),
    sources: won.map(({ program, sourceRef }) => ({ programId: program.id, sourceRef })),
    isSpending: false,
  });
  const uses = await readUses(sql, workspaceId, {
    ruleIds: [...new Set(won.map(({ rule }) => rule.id))],
    accountIds: won.flatMap((one) => purseOf(book, one)),
    days: [...new Set(won.map(({ day }) => day))],
  });
  const earned: DayUse[] = [];
  const byOrders: RuleOrder[] = [];
  for (const one of won) {
    const use = earnOne(book, one, { uses: [...uses, ...earned], timeZone });
    if (use === undefined) continue;
    earned.push(use, { ...use, day: '' });
    if (one.order !== undefined) byOrders.push(ruleOrderOf(book, one, { order: one.order, points: use.points }));
  }
  await writeBook(tx, programs, book);
  await addUses(
    sql,
    workspaceId,
    earned.filter(({ day }) => day !== ''),
  );
  await writeRuleOrders(sql, workspaceId, byOrders);
}

async function findHits(batch: EventBatch): Promise<Hit[]> {
  const rules = await activeRules(batch);
  if (rules.size === 0) return [];
  const { sql, workspaceId } = batch;
  const finals = finalOwners(batch.merges);
  const named = batch.entries.filter(({ event }) => isKind(event) && rules.has(event.name));
  if (named.length === 0) return [];
  const sources = await listNumberedSources(sql, workspaceId);
  const trusted = new Set(sources.filter(({ isTrusted }) => isTrusted).map(({ number }) => number));
  return named.flatMap(({ event, subject }) => {
    const [node] = event.nodes;
    if (subject === undefined || node === undefined) return [];
    const owner = { profileId: finals.get(subject.id) ?? subject.id, node: node.id };
    const { source } = event.payload;
    const isTrusted = source === undefined || trusted.has(source);
    return rules.get(event.name)!.flatMap((rule): Hit[] => {
      const isHit = isAsked(rule.rule, { event, isTrusted }) && rule.passes(event);
      return isHit ? [{ rule, event, owner }] : [];
    });
  });
}

function isKind({ type }: LoggedEvent): boolean {
  return type === 'track' || type === 'internal';
}

async function weigh(
  { sql, workspaceId }: EventBatch,
  hits: readonly Hit[],
  { programs, timeZone }: { programs: readonly Program[]; timeZone: string },
): Promise<Won[]> {
  const known = await readKnown({ sql, workspaceId }, hits);
  const orders = await ordersOfEvents(
    sql,
    workspaceId,
    hits.map(({ event }) => event),
  );
  return hits.flatMap((hit): Won[] => {
    const { rule, event } = hit;
    const program = programs.find(({ id, state }) => id === rule.program_id && state === 'active');
    const terms = program === undefined ? undefined : termsAt(program, event.occurredAt)?.terms;
    const order = orders.get(event.id);
    if (program === undefined || terms === undefined || (order !== undefined && cameToNothing(order))) return [];
    const points = pointsOfEvent(rule.rule, { event, known: known.get(event) ?? [] }, terms.rounding);
    const day = dayText(localDayOf(event.occurredAt, timeZone));
    const sourceRef = `event:${rule.id}:${event.id}`;
    return points <= 0 ? [] : [{ ...hit, program, terms, sourceRef, day, points, order }];
  });
}

/** What the catalog knows of the products of events, where rules ask for them. */
async function readKnown(
  { sql, workspaceId }: Pick<EventBatch, 'sql' | 'workspaceId'>,
  hits: readonly Hit[],
): Promise<Map<LoggedEvent, (ProductFactsOfVariant | undefined)[]>> {
  const asking = hits.filter(({ rule }) => rule.rule.formula.kind === 'products');
  const events = [...new Set(asking.map(({ event }) => event))];
  const named = events.map(productsOf);
  const variants = await findVariants(
    sql,
    workspaceId,
    named.flat().map(({ productRef, variantRef, sku }) => ({
      ...(productRef !== null && { productId: productRef }),
      ...(variantRef !== null && { variantId: variantRef }),
      ...(sku !== null && { sku }),
    })),
  );
  const facts = await readProductFacts(sql, workspaceId, [...new Set(variants.flatMap((one) => one?.id ?? []))]);
  let at = 0;
  return new Map(events.map((event, n) => [event, named[n]!.map(() => facts.get(variants[at++]?.id ?? ''))] as const));
}

/** Her accounts in the program: limits are those of a customer. */
function purseOf(book: PointsBook, { program, owner }: Won): string[] {
  return book.accountsOf(program.id, owner.profileId).map(({ id }) => id);
}

function earnOne(
  book: PointsBook,
  won: Won,
  { uses, timeZone }: { uses: readonly DayUse[]; timeZone: string },
): DayUse | undefined {
  const { rule, event, program, terms, sourceRef, owner, day } = won;
  // It came before, under the same id.
  if (book.lotOf(program.id, sourceRef) !== undefined) return undefined;
  const purse = new Set(purseOf(book, won));
  const hers = uses.filter((use) => use.ruleId === rule.id && purse.has(use.accountId));
  const sum = (on: string, of: 'points' | 'times') =>
    hers.reduce((all, use) => all + (use.day === on ? use[of] : 0), 0);
  const use = { pointsToday: sum(day, 'points'), timesToday: sum(day, 'times'), times: sum('', 'times') };
  const points = withinLimits(rule.rule.limits, won.points, use);
  if (points <= 0) return undefined;
  const { id: accountId } = book.accountOf(program.id, owner.node)!;
  const dates = lotDatesOf(terms, { atMs: event.occurredAt, timeZone });
  const happening = { ref: `event:${event.id}`, key: `event/${rule.id}/${event.id}` };
  book.earn(accountId, { sourceRef, points, dates, ...happening });
  return { ruleId: rule.id, accountId, day, points, times: 1 };
}

function ruleOrderOf(
  book: PointsBook,
  { program, sourceRef }: Won,
  { order, points }: { order: OrderState; points: number },
): RuleOrder {
  const lot = book.lotOf(program.id, sourceRef)!;
  return { orderId: order.id, lotId: lot.id, accountId: lot.accountId, points, isBack: false, changes: 0 };
}
