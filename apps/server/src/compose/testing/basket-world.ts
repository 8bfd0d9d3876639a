import { get } from 'node:http';
import { publicId } from '../../platform/ids/index.ts';
import { inTransaction } from '../../platform/eventlog/index.ts';
import { upsertProducts } from '../../modules/catalog/index.ts';
import { recordMovements, upsertLocations } from '../../modules/inventory/index.ts';
import {
  API_KEY,
  createEngines,
  openWorld,
  trackEvent,
  type World,
  WRITE_KEY,
} from '../../modules/events/testing/world.ts';
import type { ShopperBasket } from '../../modules/baskets/index.ts';

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
  /** What a browser is told of its basket while it stays open. */
  follow(token: string): Promise<LiveStream<ShopperBasket>>;
  /** What a browser is told of her preferences while it stays open. */
  followPreferences(token: string): Promise<LiveStream<unknown>>;
  close(): Promise<void>;
}

export interface LiveStream<T> {
  /** The next change, whenever it comes. */
  next(): Promise<T>;
  close(): void;
}

/** Whatever is answered, by the names that any answer has. */
interface Told extends ShopperBasket {
  readonly token: string;
  readonly source: string;
  readonly channel: string;
  readonly basket: Told;
  readonly baskets: readonly Told[];
  readonly items: readonly { readonly reserved: number }[];
  readonly hold: unknown;
}
type Answer = { readonly status: number; readonly body: Told };

export async function openBasketWorld(): Promise<BasketWorld> {
  const engines = await createEngines();
  const world = await openWorld(engines);
  world.work();
  const { tee, mug } = await furnish(world);
  let url: string | undefined;
  const ask = async (path: string, body: unknown, headers: Record<string, string>): Promise<Answer> => {
    if (body !== undefined) {
      const answer = await world.post(path, body, headers);
      return { status: answer.status, body: answer.body as unknown as Told };
    }
    const response = await world.http.inject({ method: 'GET', url: path, headers });
    return { status: response.statusCode, body: response.json<Told>() };
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
    async follow(token) {
      url ??= await world.http.listen({ port: 0, host: '127.0.0.1' });
      return openStream(`${url}/v1/baskets/${token}/stream?writeKey=${WRITE_KEY}`);
    },
    async followPreferences(token) {
      url ??= await world.http.listen({ port: 0, host: '127.0.0.1' });
      return openStream(`${url}/v1/preferences/${token}/stream?writeKey=${WRITE_KEY}`);
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

function openStream<T>(url: string): Promise<LiveStream<T>> {
  return new Promise((resolve, reject) => {
    const call = get(url, (response) => {
      const told: T[] = [];
      let heard = () => {};
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const parts = (rest + text).split('\n\n');
        rest = parts.pop()!;
        for (const part of parts) {
          const data = /^id: [\w-]+\nevent: \w+\ndata: (.*)$/.exec(part)?.[1];
          if (data !== undefined) told.push(JSON.parse(data) as T);
        }
        heard();
      });
      const next = async () => {
        while (told.length === 0) await new Promise<void>((done) => (heard = done));
        return told.shift()!;
      };
      resolve({ next, close: () => void response.destroy() });
    });
    call.on('error', reject);
  });
}
