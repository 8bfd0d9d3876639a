import type { CreateAlertBody, Money } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { newUuid, publicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import { findVariants, readPrices } from '../../catalog/index.ts';
import { promiseDate, readAvailability, requireLocations } from '../../inventory/index.ts';
import type { StockAlert, Threshold } from './alert.ts';
import { countActive, findActive, insertAlert, type NewAlert } from './alert-store.ts';
import { insertReader } from './edges/reader-store.ts';
import { findAlertOwner } from './find-alert-owner.ts';
import type { AlertPorts } from './ports.ts';
import { DAY_MS, MINUTE_MS } from './settings.ts';

const LASTS_MS = 365 * DAY_MS;
const ACTIVE_MAX = 500;
/** By then the news of every change that was under way are read. */
const LOOK_AFTER_MS = MINUTE_MS;

/** Notes that a customer wants to hear of something. One of the kind that is there already is answered. */
export async function createAlert(
  ctx: TxCtx,
  ports: AlertPorts,
  body: CreateAlertBody,
): Promise<{ alert: StockAlert; isNew: boolean }> {
  const { sql, workspaceId } = ctx;
  const owner = await findAlertOwner(ctx, body);
  const alert = await composeAlert(ctx, { ports, body, owner });
  const known = await findActive(sql, workspaceId, alert);
  if (known !== undefined) return { alert: known, isNew: false };
  await requireWorth(ctx, alert);
  if ((await countActive(sql, workspaceId, owner.profileId)) >= ACTIVE_MAX) {
    throw new AppError('conflict', `The customer waits for ${ACTIVE_MAX} things already; cancel an alert first`);
  }
  await insertReader(sql, workspaceId);
  const isNew = await insertAlert(sql, workspaceId, alert);
  const made = await findActive(sql, workspaceId, alert);
  if (made === undefined) throw new AppError('conflict', 'The alert has just been told; ask again');
  if (isNew) {
    const detail = { type: made.type, variantId: publicId('var', made.variantId) };
    await recordAudit(ctx, { action: 'alert.created', subject: publicId('alt', made.id), detail });
  }
  return { alert: made, isNew };
}

interface Wish {
  readonly ports: AlertPorts;
  readonly body: CreateAlertBody;
  readonly owner: { readonly profileId: string; readonly node: number };
}

async function composeAlert(ctx: TxCtx, { ports, body, owner }: Wish): Promise<NewAlert> {
  const { sql, workspaceId } = ctx;
  const nowMs = ctx.clock.now();
  const { variantId, sku, productId, type, channel } = body;
  const [variant] = await findVariants(sql, workspaceId, [{ variantId, sku, productId }]);
  if (variant === undefined) {
    const field = variantId !== undefined ? 'variantId' : sku !== undefined ? 'sku' : 'productId';
    throw refused(field, 'names no variant of the catalog, or several; give a variantId');
  }
  const [locationId = null] =
    body.locationId === undefined ? [] : await requireLocations(ctx, [{ field: 'locationId', id: body.locationId }]);
  const alert = { ...owner, variantId: variant.id, locationId, type, channel };
  const seen = type === 'price_drop' ? await findSeen(ctx, { ports, alert, seenPrice: body.seenPrice }) : undefined;
  const threshold = thresholdOf(body);
  if (seen !== undefined && body.threshold !== undefined && 'amount' in body.threshold) {
    if (body.threshold.amount.currency !== seen.currency)
      throw refused('threshold.amount.currency', `give it in ${seen.currency}, as the price she saw`);
  }
  const dueAtMs =
    type === 'preorder'
      ? await promiseDate(sql, workspaceId, { variantId: variant.id, quantity: 1, channel, nowMs })
      : null;
  const expiresAt = body.expiresAt === undefined ? new Date(nowMs + LASTS_MS) : new Date(body.expiresAt);
  if (expiresAt.getTime() <= nowMs) throw refused('expiresAt', 'give an instant that is still to come');
  return {
    ...alert,
    ...{ id: newUuid(nowMs), threshold, source: body.source, createdAt: new Date(nowMs), expiresAt },
    ...{ baselineMinor: seen?.amountMinor ?? null, currency: seen?.currency ?? null },
    dueAt: dueAtMs === null ? null : new Date(dueAtMs),
    lookAt: type === 'restock' || type === 'price_drop' ? new Date(nowMs + LOOK_AFTER_MS) : null,
  };
}

/** Pure. */
export function thresholdOf({ threshold }: Pick<CreateAlertBody, 'threshold'>): Threshold | null {
  if (threshold === undefined) return null;
  if ('pieces' in threshold) return { kind: 'pieces', value: threshold.pieces };
  if ('percent' in threshold) return { kind: 'percent', value: Math.round(threshold.percent * 100) };
  return threshold.amount.amountMinor === 0 ? null : { kind: 'amount', value: threshold.amount.amountMinor };
}

/** The price she saw, by whoever knows best: the caller, what she viewed, or what it costs now. */
async function findSeen(
  ctx: TxCtx,
  {
    ports,
    alert,
    seenPrice,
  }: {
    ports: AlertPorts;
    alert: { profileId: string; variantId: string; channel: string };
    seenPrice: Money | undefined;
  },
): Promise<Money> {
  const { sql, workspaceId } = ctx;
  const seen = seenPrice ?? (await ports.seenPrices?.baselineFor(sql, workspaceId, alert));
  if (seen !== undefined) return seen;
  const query = { variantIds: [alert.variantId], channel: alert.channel, atMs: ctx.clock.now() };
  const now = (await readPrices(sql, workspaceId, query)).get(alert.variantId);
  if (now === undefined) throw refused('seenPrice', 'the catalog knows no price of it; give the one she saw');
  return { amountMinor: now.amountMinor, currency: now.currency };
}

/** What can be had already is not waited for: she can buy it. */
async function requireWorth(ctx: TxCtx, alert: NewAlert): Promise<void> {
  if (alert.type !== 'restock') return;
  const { variantId, locationId, channel, threshold } = alert;
  const where = locationId === null ? { channel } : { locationIds: [locationId] };
  const stock = await readAvailability(ctx.sql, ctx.workspaceId, { variantIds: [variantId], ...where });
  const known = stock.get(variantId);
  const isThere = known === undefined || !known.isTracked || known.available >= (threshold?.value ?? 1);
  if (!isThere) return;
  throw new AppError('conflict', 'It is in stock: she can buy it now', {
    details: [{ field: 'variantId', message: 'is in stock; an alert tells when what is sold out is back' }],
  });
}

function refused(field: string, message: string): AppError {
  return new AppError('invalid', 'The alert cannot be kept', { details: [{ field, message }] });
}
