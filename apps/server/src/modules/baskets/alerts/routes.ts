import { ALERT_TYPES, type Alert, api } from '@segue/contract';
import { AppError } from '../../../platform/errors.ts';
import { decodeCursor, type Routes, toPage } from '../../../platform/http/index.ts';
import { parsePublicId, publicId, requirePublicId } from '../../../platform/ids/index.ts';
import { recordAudit } from '../../accounts/index.ts';
import type { StockAlert } from './alert.ts';
import { cancelActive, countWaiting, findAlert, pageAlerts } from './alert-store.ts';
import { createAlert } from './create-alert.ts';
import { withBaskets } from './holders/basket-ports.ts';
import type { AlertPorts } from './ports.ts';
import { DAY_MS, readAlertSettings, updateAlertSettings } from './settings.ts';
import { countTellings } from './tell/telling-store.ts';

const SUMMARY_DAYS = 30;

/** Who waits for what, and how alerts are told. */
export function createAlertRoutes(given: AlertPorts = {}): Routes {
  const ports = withBaskets(given);
  return (serve) => {
    serve(api.createAlert, async ({ ctx, body }) => {
      const { alert, isNew } = await createAlert(ctx, ports, body);
      return { alert: presentAlert(alert), isNew };
    });

    serve(api.listAlerts, async ({ ctx, query: { limit, cursor, profileId, variantId, type, state } }) => {
      const key = decodeCursor(cursor, ['uuid'])?.[0];
      const filter = { profileId: idIn('prf', profileId), variantId: idIn('var', variantId), type, state };
      const page = { filter, beforeId: key === undefined ? null : String(key), limit: limit + 1 };
      const alerts = await pageAlerts(ctx.sql, ctx.workspaceId, page);
      return toPage(alerts, { limit, keyOf: ({ id }) => [id], present: presentAlert });
    });

    serve(api.getAlertSummary, async ({ ctx, query: { variantId: given, from } }) => {
      const variantId = idIn('var', given) ?? null;
      const since = from === undefined ? new Date(ctx.clock.now() - SUMMARY_DAYS * DAY_MS) : new Date(from);
      const waiting = await countWaiting(ctx.sql, ctx.workspaceId, variantId);
      const tellings = await countTellings(ctx.sql, ctx.workspaceId, { since, variantId });
      const countsOf = (type: (typeof ALERT_TYPES)[number]) => tellings.get(type) ?? { told: 0, converted: 0 };
      return { types: ALERT_TYPES.map((type) => ({ type, waiting: waiting.get(type) ?? 0, ...countsOf(type) })) };
    });

    serve(api.getAlertSettings, ({ ctx }) => readAlertSettings(ctx.sql, ctx.workspaceId));

    serve(api.updateAlertSettings, async ({ ctx, body }) => {
      const at = new Date(ctx.clock.now());
      const settings = await updateAlertSettings(ctx.sql, ctx.workspaceId, { changes: body, at });
      await recordAudit(ctx, { action: 'alerts.settings_changed', detail: { ...settings } });
      return settings;
    });

    serve(api.getAlert, async ({ ctx, params }) => {
      const alert = await findAlert(ctx.sql, ctx.workspaceId, requirePublicId('alt', params.id));
      if (alert === undefined) throw noAlert();
      return presentAlert(alert);
    });

    serve(api.cancelAlert, async ({ ctx, params }) => {
      const id = requirePublicId('alt', params.id);
      const isCancelled = await cancelActive(ctx.sql, ctx.workspaceId, { id, at: new Date(ctx.clock.now()) });
      if (!isCancelled && (await findAlert(ctx.sql, ctx.workspaceId, id)) === undefined) throw noAlert();
      await recordAudit(ctx, { action: 'alert.cancelled', subject: publicId('alt', id) });
    });
  };
}

function idIn(prefix: 'prf' | 'var', given: string | undefined): string | undefined {
  return given === undefined ? undefined : parsePublicId(prefix, given);
}

function noAlert(): AppError {
  return new AppError('not_found', 'There is no such alert');
}

/** As the API says it. Pure. */
export function presentAlert(alert: StockAlert): Alert {
  const { baselineMinor, currency, locationId } = alert;
  return {
    id: publicId('alt', alert.id),
    type: alert.type,
    state: alert.isQueued ? 'queued' : alert.state,
    profileId: publicId('prf', alert.profileId),
    variantId: publicId('var', alert.variantId),
    locationId: locationId === null ? null : publicId('loc', locationId),
    channel: alert.channel,
    threshold: presentThreshold(alert),
    seenPrice: baselineMinor === null || currency === null ? null : { amountMinor: baselineMinor, currency },
    dueAt: alert.dueAt?.toISOString() ?? null,
    tellings: alert.tellings,
    source: alert.source,
    createdAt: alert.createdAt.toISOString(),
    toldAt: alert.toldAt?.toISOString() ?? null,
    endedAt: alert.endedAt?.toISOString() ?? null,
    expiresAt: alert.expiresAt.toISOString(),
  };
}

function presentThreshold({ threshold, currency }: StockAlert): Alert['threshold'] {
  switch (threshold?.kind) {
    case undefined:
      return null;
    case 'pieces':
      return { pieces: threshold.value };
    case 'percent':
      return { percent: threshold.value / 100 };
    case 'amount':
      return { amount: { amountMinor: threshold.value, currency: currency ?? '' } };
  }
}
