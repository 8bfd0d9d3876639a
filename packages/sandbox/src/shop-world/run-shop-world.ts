import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPosSender } from '../pos/index.ts';
import type { SandboxClock } from '../sandbox-clock.ts';
import { ApiRefusal, createApiClient } from '../shop/api-client.ts';
import { connectShops, letTillIn, type ConnectedShops } from './connect-shops.ts';
import { STORES } from './furnish-twins.ts';
import { openShopWorld, type ShopWorld, TILL_DEVICE } from './shop-world.ts';
import { createWorldStore } from './world-store.ts';

const TICK_REAL_MS = 1_000;
const SHOPPERS = 200;

export interface RunShopWorldOptions {
  readonly server: string;
  /** Needs the scopes of connectors and inventory. */
  readonly apiKey: string;
  readonly shopUrl: string;
  readonly clock: SandboxClock;
  readonly seed: number;
  readonly ports?: { readonly shopify: number; readonly woo: number };
  /** By the shops' clock. */
  readonly ordersPerHour: number;
  readonly dataDir?: string | undefined;
  /** Ends the shops. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Opens the shops, connects them, and lets them sell until the signal. A server that does not answer is asked again. */
export async function runShopWorld(options: RunShopWorldOptions): Promise<void> {
  const { signal } = options;
  const world = await openKept(options);
  let connected: ConnectedShops | undefined;
  try {
    while (!signal.aborted) {
      connected = await connectWorld(options, world, connected);
      await world.live();
      await delay(TICK_REAL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await world.close();
  }
}

async function openKept(options: RunShopWorldOptions): Promise<ShopWorld> {
  const { clock, seed, shopUrl, ports, dataDir } = options;
  const pace = { ordersPerHour: options.ordersPerHour, shoppers: SHOPPERS };
  const common = { clock, seed, shopUrl, pace, ...(ports !== undefined && { ports }) };
  if (dataDir === undefined) return openShopWorld(common);
  const file = join(dataDir, 'shop-world.json');
  const store = createWorldStore(file);
  const saved = await store.load();
  return openShopWorld({ ...common, saved, keep: (text) => store.keep(text) }).catch((error: unknown) => {
    // What it sold is known to the server: a new world would sell the same numbers again.
    if (error instanceof SyntaxError)
      throw new Error(`${file} is damaged; delete the whole data folder to begin anew`, { cause: error });
    throw error;
  });
}

/** Makes what is still missing of the connections; what cannot be made yet is tried again at the next tick. */
export async function connectWorld(
  { server, apiKey, log }: Pick<RunShopWorldOptions, 'server' | 'apiKey' | 'log'>,
  world: ShopWorld,
  connected: ConnectedShops | undefined,
): Promise<ConnectedShops | undefined> {
  if (connected !== undefined && world.isTillLetIn) return connected;
  const api = createApiClient(server, apiKey);
  try {
    const shops = connected ?? (await connectShops(api, world));
    const till = await letTillIn(api, { pos: shops.pos, device: TILL_DEVICE, store: STORES[0] });
    if (till !== undefined)
      world.openTill(createPosSender({ url: new URL(till.path, server).href, deviceKey: till.key }));
    return shops;
  } catch (error) {
    // A refusal will be one again: it is said. A server that is not up yet is not worth a word.
    if (error instanceof ApiRefusal && error.status < 500) log(`the shops are not connected: ${error.message}`);
    return connected;
  }
}
