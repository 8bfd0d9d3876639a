import { api } from '@segue/contract';
import type { Routes } from '../../../platform/http/index.ts';
import { publicId } from '../../../platform/ids/index.ts';
import { requireKnown, requireVariant } from '../require-known.ts';
import { promiseDate, readAvailability } from './read-availability.ts';

export const availabilityRoutes: Routes = (serve) => {
  serve(api.readAvailability, async ({ ctx, body: { variantIds: named, channel, locationIds: places } }) => {
    const { variantIds, locationIds } = await requireKnown(ctx, {
      variants: named.map((id, at) => ({ field: `variantIds[${at}]`, id })),
      locations: places?.map((id, at) => ({ field: `locationIds[${at}]`, id })) ?? [],
    });
    const query = { variantIds, channel, locationIds: places === undefined ? undefined : locationIds };
    const found = await readAvailability(ctx.sql, ctx.workspaceId, query);
    return {
      variants: variantIds.map((id) => {
        const { byLocation, incoming, ...rest } = found.get(id)!;
        return {
          variantId: publicId('var', id),
          ...rest,
          byLocation: byLocation.map(({ locationId, available }) => ({
            locationId: publicId('loc', locationId),
            available,
          })),
          incoming: incoming.map(({ atMs, quantity }) => ({ at: isoOf(atMs), quantity })),
        };
      }),
    };
  });

  serve(api.promiseStock, async ({ ctx, params, query: { quantity, channel } }) => {
    const variantId = await requireVariant(ctx, params.id);
    const query = { variantId, quantity, channel, nowMs: ctx.clock.now() };
    return { at: isoOf(await promiseDate(ctx.sql, ctx.workspaceId, query)) };
  });
};

function isoOf(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
