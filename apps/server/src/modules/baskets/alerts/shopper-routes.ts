import { type Alert, api } from '@segue/contract';
import { z } from 'zod';
import { AppError } from '../../../platform/errors.ts';
import type { Routes } from '../../../platform/http/index.ts';
import { parsePublicId, publicId } from '../../../platform/ids/index.ts';
import { shopperContext, type ShopperDeps } from '../shopper/shopper-access.ts';
import { change, openToPages, parseText } from '../shopper/shopper-io.ts';
import type { StockAlert } from './alert.ts';
import { cancelActive } from './alert-store.ts';
import { createAlert } from './create-alert.ts';
import { withBaskets } from './holders/basket-ports.ts';
import type { AlertPorts } from './ports.ts';
import { presentAlert } from './routes.ts';

/** Whose it is is said by the device's own id; the rest is as for servers. */
const shopperBody = z.looseObject({
  anonymousId: z.string({ error: 'give the anonymousId of the device' }).min(1).max(200),
  profileId: z.never({ error: 'a device gives its anonymousId instead' }).optional(),
  identifier: z.never({ error: 'a device gives its anonymousId instead' }).optional(),
  source: z.never({ error: 'leave it out: it is `device`' }).optional(),
});

/**
 * Alerts from browsers and apps, for whoever the device belongs to; she hears on her own channels, as far as she allowed it. A
 * device may claim any id, so it is answered its wish, never whether she waits for it already.
 */
export function createShopperAlertRoutes(deps: ShopperDeps, given: AlertPorts = {}): Routes {
  const ports = withBaskets(given);
  return (_serve, app) => {
    openToPages(app);

    app.post('/v1/alerts', async (request, reply) => {
      const { anonymousId, ...wish } = parseText(shopperBody, request.body);
      const body = parseText(api.createAlert.body, {
        ...wish,
        identifier: `anonymousId:${anonymousId}`,
        source: 'device',
      });
      const ctx = await shopperContext(deps, request);
      const { alert } = await change(ctx, (ctx) => createAlert(ctx, ports, body));
      return reply.code(201).send(presentToDevice(alert));
    });

    app.post('/v1/alerts/:id/cancel', async (request) => {
      const ctx = await shopperContext(deps, request);
      const id = parsePublicId('alt', (request.params as { id: string }).id);
      if (id === undefined) throw new AppError('not_found', 'There is no such alert');
      await change(ctx, (ctx) => cancelActive(ctx.sql, ctx.workspaceId, { id, at: new Date(ctx.clock.now()) }));
      return { id: publicId('alt', id) };
    });
  };
}

type Told = Pick<Alert, 'id' | 'type' | 'variantId' | 'locationId' | 'channel' | 'threshold' | 'expiresAt'>;

function presentToDevice(alert: StockAlert): Told {
  const { id, type, variantId, locationId, channel, threshold, expiresAt } = presentAlert(alert);
  return { id, type, variantId, locationId, channel, threshold, expiresAt };
}
