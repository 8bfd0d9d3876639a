import { newUuid } from '../../../platform/ids/index.ts';
import { getWorkspaceRow } from '../../accounts/index.ts';
import type { OrderBatch, OrderFollower } from '../../orders/index.ts';
import { cameToNothing, pointsBack } from '../earning/order-points.ts';
import { openBook, type PointsTx, writeBook } from '../ledger/open-book.ts';
import type { PointsBook } from '../ledger/points-book.ts';
import { listPrograms } from '../programs/program-store.ts';
import { type Program, type Programs, programsOf } from '../programs/program.ts';
import { type Burn, insertBurns, lockBurnsOfOrders, type NewBurn, writeRestored } from '../spending/burn-store.ts';
import { giveBack, readSpent } from '../spending/give-back.ts';
import { worthOf } from '../spending/worth.ts';
import { earnByOrder, type OrderEarning, planEarnings, sourceRefOf } from './order-earnings.ts';
import { isOwned, type OwnedOrder } from './owned-order.ts';
import { readOrderPoints, writeOrderPoints } from './order-points-store.ts';
import { readRuleOrders, type RuleOrder, writeRuleOrders } from './rule-order-store.ts';

/**
 * Points follow orders: what is bought and kept earns, what comes back takes its points back, and points that paid for what is
 * not had come back. It moves from what an order had done to what its state is worth, so that repeats and any order of telling
 * end the same.
 */
export const pointsFollower: OrderFollower = {
  name: 'loyalty',
  async follow(batch, changes) {
    const orders = changes.map(({ after }) => after).filter(isOwned);
    if (orders.length === 0) return;
    const programs = programsOf(await listPrograms(batch.sql, batch.workspaceId));
    if (programs.all.length > 0) await followOrders(batch, { orders, programs });
  },
};

interface Work {
  readonly earnings: readonly OrderEarning[];
  readonly restored: readonly Restored[];
  readonly told: readonly { readonly order: OwnedOrder; readonly program: Program }[];
  readonly byRules: readonly { readonly row: RuleOrder; readonly order: OwnedOrder }[];
}

interface Restored {
  readonly burn: Burn;
  /** Below 0: they are spent after all. */
  readonly points: number;
}

async function followOrders(
  batch: OrderBatch,
  { orders, programs }: { orders: readonly OwnedOrder[]; programs: Programs },
): Promise<void> {
  const { sql, workspaceId, now, entries } = batch;
  const tx: PointsTx = { workspaceId, sql, now, ...(entries !== undefined && { entries }) };
  const ids = orders.map(({ id }) => id);
  const known = await readOrderPoints(sql, workspaceId, ids);
  const burns = await lockBurnsOfOrders(sql, workspaceId, orders);
  const work: Work = {
    earnings: await planEarnings(tx, { orders, programs, known }),
    restored: planRestores(orders, burns),
    told: planTold(orders, { burns, programs }),
    byRules: planByRules(orders, await readRuleOrders(sql, workspaceId, ids)),
  };
  if (Object.values(work).every((list: readonly unknown[]) => list.length === 0)) return;
  const { time_zone: timeZone } = await getWorkspaceRow(sql, workspaceId);
  const spent = await readSpent(
    tx,
    work.restored.map(({ burn }) => burn),
  );
  const book = await openBook(tx, programs, {
    owners: [...work.earnings, ...work.told].map(({ order, program }) => ownerOf(order, program)),
    accountIds: [
      ...work.earnings.flatMap(({ row }) => row?.accountId ?? []),
      ...work.restored.map(({ burn }) => burn.accountId),
    ],
    sources: work.earnings.map(({ order, program }) => ({ programId: program.id, sourceRef: sourceRefOf(order) })),
    lotIds: [...spent.map(({ lotId }) => lotId), ...work.byRules.map(({ row }) => row.lotId)],
    isSpending:
      work.told.length + work.restored.length + work.byRules.length > 0 || work.earnings.some(({ delta }) => delta < 0),
  });
  for (const { burn, points } of work.restored) {
    giveBack(book, { burn, program: programs.get(burn.programId), points, spent, timeZone });
  }
  const burnsTold = work.told.map((one) => burnTold(book, one));
  const rows = work.earnings.map((earning) => earnByOrder(book, earning, timeZone));
  const byRules = work.byRules.map(({ row, order }) => turnRule(book, row, order));
  await insertBurns(sql, workspaceId, { burns: burnsTold, at: new Date(now) });
  await writeBook(tx, programs, book);
  await writeOrderPoints(sql, workspaceId, rows);
  await writeRuleOrders(sql, workspaceId, byRules);
  await writeRestored(
    sql,
    workspaceId,
    work.restored.map(({ burn, points }) => ({
      ...{ id: burn.id, restored: burn.restored + points, restoredByOrder: burn.restoredByOrder + points },
    })),
  );
}

function ownerOf({ profileId, node }: OwnedOrder, { id: programId }: Program) {
  return { programId, profileId, node };
}

/** What callers gave back beside an order's changes is not given back twice. */
function planRestores(orders: readonly OwnedOrder[], burns: readonly Burn[]): Restored[] {
  return burns.flatMap((burn): Restored[] => {
    const order = orders.find((one) => one.source === burn.orderSource && one.sourceOrderId === burn.orderRef);
    if (order === undefined) return [];
    const byCallers = burn.restored - burn.restoredByOrder;
    const due = Math.min(pointsBack(order, burn.points), burn.points - byCallers);
    return due === burn.restoredByOrder ? [] : [{ burn, points: due - burn.restoredByOrder }];
  });
}

/** A till that was offline, or another system, took points for an order; they are spent, there or not. */
function planTold(
  orders: readonly OwnedOrder[],
  { burns, programs }: { burns: readonly Burn[]; programs: Programs },
): { order: OwnedOrder; program: Program }[] {
  const program = programs.all.find(({ state }) => state === 'active');
  if (program === undefined) return [];
  const isSpent = (order: OwnedOrder) =>
    burns.some((burn) => burn.orderSource === order.source && burn.orderRef === order.sourceOrderId);
  return orders
    .filter((order) => order.pointsRedeemed > 0 && order.isAccepted && !cameToNothing(order) && !isSpent(order))
    .map((order) => ({ order, program }));
}

function burnTold(book: PointsBook, { order, program }: { order: OwnedOrder; program: Program }): NewBurn {
  const { pointsRedeemed: points, currency } = order;
  const { id: accountId } = book.accountOf(program.id, order.node)!;
  const id = newUuid(book.nowMs);
  const reference = sourceRefOf(order);
  book.reburn(accountId, points, { ref: reference, key: `burn/${id}`, burnId: id });
  const newest = program.versions.at(-1)?.terms.burn ?? null;
  const amountMinor = worthOf(newest, points, currency) ?? null;
  return {
    ...{ id, programId: program.id, accountId, reference, points },
    ...{ orderSource: order.source, orderRef: order.sourceOrderId },
    ...{ amountMinor, currency: amountMinor === null ? null : currency },
  };
}

function planByRules(
  orders: readonly OwnedOrder[],
  rows: readonly RuleOrder[],
): { row: RuleOrder; order: OwnedOrder }[] {
  return rows.flatMap((row) => {
    const order = orders.find(({ id }) => id === row.orderId);
    return order === undefined || cameToNothing(order) === row.isBack ? [] : [{ row, order }];
  });
}

/** What an event about an order earned goes back when the order comes to nothing, and is hers again if it stands after all. */
function turnRule(book: PointsBook, row: RuleOrder, order: OwnedOrder): RuleOrder {
  const lot = book.lot(row.lotId);
  const changes = row.changes + 1;
  const happening = { ref: sourceRefOf(order), key: `rule-order/${row.lotId}/${changes}` };
  if (row.isBack) {
    const { availableAtMs, expiresAtMs, sourceRef } = lot;
    book.earn(lot.accountId, { ...happening, sourceRef, points: row.points, dates: { availableAtMs, expiresAtMs } });
  } else {
    book.takeBack(lot.id, row.points, happening);
  }
  return { ...row, isBack: !row.isBack, changes };
}
