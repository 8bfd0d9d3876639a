import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPosSender } from '../pos/index.ts';
import type { SandboxClock } from '../sandbox-clock.ts';
import { ApiRefusal, createApiClient } from '../shop/api-client.ts';
import { connectShops, letTillIn, type ConnectedShops } from './connect-shops.ts';
import { STORES } from './furnish-twins.ts';
import { openShopWorld, type ShopWorld, TILL_DEVICE } from './shop-world.ts';

const TICK_REAL_MS = 1_000;
/** A kill in between is no harm: the plan does the same again, under the same ids. */
const SAVE_EVERY_TICKS = 30;
const ORDERS_PER_HOUR_DEFAULT = 3;
const SHOPPERS = 200;

export interface RunShopWorldOptions {
  readonly server: string;
  /** Needs the scopes of connectors and inventory. */
  readonly apiKey: string;
  readonly shopUrl: string;
  readonly clock: SandboxClock;
  readonly seed: number;
  readonly ports?: { readonly shopify: number; readonly woo: number };
  readonly ordersPerHour?: number;
  readonly dataDir?: string | undefined;
  /** Ends the shops. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Opens the shops, connects them, and lets them sell until the signal. A server that does not answer is asked again. */
export async function runShopWorld(options: RunShopWorldOptions): Promise<void> {
  const { clock, seed, shopUrl, signal, ports } = options;
  const file = options.dataDir === undefined ? undefined : join(options.dataDir, 'shop-world.json');
  const pace = { ordersPerHour: options.ordersPerHour ?? ORDERS_PER_HOUR_DEFAULT, shoppers: SHOPPERS };
  const saved = file === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined);
  const world = await openShopWorld({ clock, seed, shopUrl, pace, saved, ...(ports !== undefined && { ports }) });
  let connected: ConnectedShops | undefined;
  try {
    for (let tick = 1; !signal.aborted; tick++) {
      connected = await connectWorld(options, world, connected);
      await world.live();
      if (file !== undefined && tick % SAVE_EVERY_TICKS === 0) await save(file, world);
      await delay(TICK_REAL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    if (file !== undefined) await save(file, world);
    await world.close();
  }
}

/** Makes what is still missing of the connections; what cannot be made yet is tried again at the next tick. */
export async function connectWorld(
  { server, apiKey, log }: Pick<RunShopWorldOptions, 'server' | 'apiKey' | 'log'>,
  world: ShopWorld,
  connected: ConnectedShops | undefined,
): Promise<ConnectedShops | undefined> {
  if (connected !== undefined && world.till !== undefined) return connected;
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

/** Replaces the file in one step, so that a kill leaves the old world or the new one. */
async function save(file: string, world: ShopWorld): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, world.save());
  await rename(`${file}.new`, file);
}
