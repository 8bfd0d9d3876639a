import type { AlertType } from '@segue/contract';
import type { Services } from '../../../../platform/context.ts';
import { inSubjects } from '../../../../platform/eventlog/index.ts';
import { withBaskets } from '../holders/basket-ports.ts';
import type { AlertPorts } from '../ports.ts';
import { deleteRun, isLostRace, listDueRuns, lockRun, moveRun, postponeRun } from '../run-store.ts';
import { MINUTE_MS, readAlertSettings } from '../settings.ts';
import { tellLowStock } from './tell-low-stock.ts';
import { tellPreorder } from './tell-preorder.ts';
import { tellPriceDrop } from './tell-price-drop.ts';
import { tellRestock } from './tell-restock.ts';
import type { Outcome, Telling } from './telling.ts';

const RUNS_AT_ONCE = 20;

const TELL: Readonly<Record<AlertType, (telling: Telling) => Promise<Outcome>>> = {
  restock: tellRestock,
  price_drop: tellPriceDrop,
  low_stock: tellLowStock,
  preorder: tellPreorder,
};

/**
 * A round: tells the next customers of every edge whose time has come. Who is told, that she was told, and where it goes on are
 * one transaction: a process that dies tells nobody twice. Answers how many edges it went on with.
 */
export async function runAlertWaves(services: Services, ports: AlertPorts = {}): Promise<number> {
  const now = new Date(services.clock.now());
  const runs = await listDueRuns(services.postgres, { now, limit: RUNS_AT_ONCE });
  let done = 0;
  for (const run of runs) done += await goOn(services, { ...run, ports: withBaskets(ports) });
  return done;
}

async function goOn(
  services: Services,
  { workspaceId, id, ports }: { workspaceId: number; id: number; ports: AlertPorts },
): Promise<number> {
  try {
    return await inSubjects(services, { workspaceId, ids: [] }, async (batch) => {
      const { sql } = batch;
      const run = await lockRun(sql, workspaceId, { id, now: new Date(batch.now) });
      if (run === undefined) return 0;
      const settings = await readAlertSettings(sql, workspaceId);
      const next = await TELL[run.type]({ batch, run, settings, ports });
      await (next === undefined ? deleteRun(sql, workspaceId, id) : moveRun(sql, workspaceId, { id, place: next }));
      return 1;
    });
  } catch (error) {
    // It was rolled back whole: the next round does it again.
    if (isLostRace(error)) return 1;
    const until = new Date(services.clock.now() + MINUTE_MS);
    await postponeRun(services.postgres, workspaceId, { id, until });
    throw error;
  }
}
