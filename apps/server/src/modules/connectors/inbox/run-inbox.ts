import { createContext, type Ctx, type Services } from '../../../platform/context.ts';
import { open, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { inTransaction, type TxCtx } from '../../../platform/eventlog/index.ts';
import { type OfConnector, beginApplying } from '../apply/applying.ts';
import { applyRecords } from '../apply/apply-records.ts';
import { connectorOf } from '../connector-kinds.ts';
import { type ConnectorRow, findConnector } from '../connector-store.ts';
import { UnfitPayload } from '../payload.ts';
import type { ShopPorts } from '../ports.ts';
import type { ShopRecord } from '../records.ts';
import { settingsOf } from '../settings.ts';
import {
  endDeliveries,
  isDatabaseTrouble,
  listPending,
  listPendingConnectors,
  lockInbox,
  type PendingRow,
  setDeliveryAside,
} from './inbox-store.ts';

const CONNECTORS_AT_ONCE = 20;
const DELIVERIES_AT_ONCE = 200;
const REASON_CHARS_MAX = 500;

/** A delivery, read. */
type Read =
  | { readonly kind: 'records'; readonly row: PendingRow; readonly records: readonly ShopRecord[] }
  | { readonly kind: 'ignored'; readonly row: PendingRow; readonly reason: string }
  | { readonly kind: 'unfit'; readonly row: PendingRow; readonly reason: string };

/**
 * A round: processes what shops sent, per connector in the order it came. What cannot be processed is set aside with its reason
 * and holds nothing up. Answers how many deliveries it ended.
 */
export async function runConnectorInbox(services: Services, ports: ShopPorts): Promise<number> {
  let ended = 0;
  for (const of of await listPendingConnectors(services.postgres, CONNECTORS_AT_ONCE)) {
    ended += await drainInbox(services, ports, of);
  }
  return ended;
}

async function drainInbox(services: Services, ports: ShopPorts, of: OfConnector): Promise<number> {
  const ctx = createContext(services, of.workspaceId, { kind: 'system', name: 'connectors' });
  let limit = DELIVERIES_AT_ONCE;
  for (let ended = 0; ;) {
    try {
      const count = await inTransaction(ctx, (ctx) => takeBatch(ctx, ports, { of, limit }));
      ended += count;
      if (count < limit) return ended;
      limit = DELIVERIES_AT_ONCE;
    } catch (error) {
      if (isDatabaseTrouble(error)) throw error;
      // One of them did it. Halved until it stands alone, and then set aside.
      if (limit > 1) limit = Math.ceil(limit / 2);
      else {
        await setFirstAside(ctx, of, error);
        ended += 1;
      }
    }
  }
}

/** Everything of a batch happens, or nothing. Answers how many it ended. */
async function takeBatch(
  ctx: TxCtx,
  ports: ShopPorts,
  { of, limit }: { of: OfConnector; limit: number },
): Promise<number> {
  if (!(await lockInbox(ctx.sql, of))) return 0;
  const connector = await findConnector(ctx.sql, of.workspaceId, { id: of.connectorId });
  const pending = await listPending(ctx.sql, of, limit);
  if (connector === undefined || pending.length === 0) return 0;
  const keys = await ctx.keysOf(of.workspaceId);
  const read = pending.map((row) => readDelivery(connector, keys, row));
  const records = read.flatMap((one) => (one.kind === 'records' ? one.records : []));
  if (records.length > 0) await applyRecords(await beginApplying(ctx, connector, ports), records);
  const at = new Date(ctx.clock.now());
  for (const one of read) {
    if (one.kind === 'unfit') await setDeliveryAside(ctx.sql, of, { id: one.row.id, reason: one.reason, at });
  }
  const ended = read.flatMap((one) => {
    if (one.kind === 'unfit') return [];
    const state = one.kind === 'records' ? ('done' as const) : ('ignored' as const);
    return [{ id: one.row.id, state, fault: one.kind === 'ignored' ? one.reason : null, at }];
  });
  await endDeliveries(ctx.sql, of, ended);
  return pending.length;
}

function readDelivery(connector: ConnectorRow, keys: WorkspaceKeys, row: PendingRow): Read {
  try {
    const body = open(keys.wrapping, row.raw);
    const context = {
      settings: settingsOf(connector),
      triggeredAtMs: row.triggered_at?.getTime(),
      receivedAtMs: row.received_at.getTime(),
    };
    const said = connectorOf(connector.kind).normalise({ topic: row.topic, body }, context);
    return { ...said, row };
  } catch (error) {
    if (!(error instanceof UnfitPayload)) throw error;
    return { kind: 'unfit', row, reason: error.message };
  }
}

async function setFirstAside(ctx: Ctx, of: OfConnector, error: unknown): Promise<void> {
  const reason = (error instanceof Error ? error.message : String(error)).slice(0, REASON_CHARS_MAX);
  ctx.logger.error({ error, connector: of.connectorId }, 'what a shop sent could not be processed; it is set aside');
  await inTransaction(ctx, async (ctx) => {
    if (!(await lockInbox(ctx.sql, of))) return;
    const [first] = await listPending(ctx.sql, of, 1);
    if (first === undefined) return;
    await setDeliveryAside(ctx.sql, of, { id: first.id, reason, at: new Date(ctx.clock.now()) });
  });
}
