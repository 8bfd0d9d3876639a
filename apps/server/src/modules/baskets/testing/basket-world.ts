import { publicId } from '../../../platform/ids/index.ts';
import { inTransaction } from '../../../platform/eventlog/index.ts';
import { createKeyRing } from '../../accounts/index.ts';
import { upsertProducts } from '../../catalog/index.ts';
import { recordMovements, upsertLocations } from '../../inventory/index.ts';
import {
  API_KEY,
  createEngines,
  openWorld,
  SECRET,
  trackEvent,
  type World,
  WRITE_KEY,
} from '../../events/testing/world.ts';
import { createBasketsStage, createShopperBasketRoutes } from '../index.ts';

/** A shop with a tee (19.99 EUR, 5 there) and a mug (8.50 EUR, nobody counts it), and what its devices and tills say. */
export interface BasketWorld {
  readonly world: World;
  readonly tee: string;
  readonly mug: string;
  /** As a till or server with the API key. */
  till(path: string, body?: unknown): Promise<Answer>;
  /** As a browser or app with the write key. */
  device(path: string, body?: unknown): Promise<Answer>;
  /** Events until they are processed. */
  tell(...events: Parameters<World['send']>[0]): Promise<void>;
  /** A profile that has this user id. */
  customer(userId: string): Promise<string>;
  close(): Promise<void>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked at, not worked with
type Answer = { readonly status: number; readonly body: any };

export async function openBasketWorld(): Promise<BasketWorld> {
  const engines = await createEngines();
  const world = await openWorld(engines);
  const keyRing = createKeyRing(world.services.postgres, SECRET);
  const deps = { services: world.services, findSource: (key: string) => keyRing.findSource(key) };
  if (!world.http.hasRoute({ method: 'POST', url: '/v1/baskets' }))
    world.http.register(async (scope) => createShopperBasketRoutes(deps)(undefined as never, scope));
  world.work([createBasketsStage()]);
  const { tee, mug } = await furnish(world);
  const ask = async (path: string, body: unknown, headers: Record<string, string>): Promise<Answer> => {
    if (body !== undefined) return world.post(path, body, headers);
    const response = await world.http.inject({ method: 'GET', url: path, headers });
    return { status: response.statusCode, body: response.json() };
  };
  return {
    ...{ world, tee, mug },
    till: (path, body) => ask(path, body, { authorization: `Bearer ${API_KEY}` }),
    device: (path, body) => ask(path, body, { 'x-write-key': WRITE_KEY, origin: 'https://shop.example' }),
    async tell(...events) {
      await world.send(events);
      await world.settle();
    },
    async customer(userId) {
      await world.send([trackEvent({ userId, event: 'Signed In' })]);
      await world.settle();
      const { body } = await world.get(`/api/v1/profiles?identifier=userId:${userId}`);
      return (body['items'] as { id: string }[])[0]!.id;
    },
    async close() {
      await world.close();
      await engines.drop();
    },
  };
}

async function furnish(world: World): Promise<{ tee: string; mug: string }> {
  return inTransaction(world.ctx, async (ctx) => {
    const productOf = (id: string, title: string, amountMinor: number) => ({
      ref: { source: 'api', id },
      ...{ title, status: 'active' as const },
      variants: [
        {
          ref: { source: 'api', id: `${id}-v` },
          sku: id.toUpperCase(),
          prices: [{ currency: 'EUR', amountMinor }],
        },
      ],
    });
    const [tee, mug] = await upsertProducts(ctx, [productOf('tee', 'Tee', 1999), productOf('mug', 'Mug', 850)]);
    const [locationId] = await upsertLocations(ctx, [
      { ref: { source: 'api', id: 'store' }, name: 'Store', kind: 'store' },
    ]);
    const variantId = tee!.variantIds.get('tee-v')!;
    await recordMovements(ctx, [
      { variantId, locationId: locationId!, field: 'on_hand', delta: 5, reason: 'received' },
    ]);
    return { tee: publicId('var', variantId), mug: publicId('var', mug!.variantIds.get('mug-v')!) };
  });
}
