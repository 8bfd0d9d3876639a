import type { Profile } from '@segue/contract';
import type { JsonObject } from '../../platform/json.ts';
import type { LanguageShop, LanguageWorld } from './language-world.ts';

let serial = 0;

/** Tells a shop what happens, until all is processed: each event a moment after the one before, or when it says itself. */
export async function tellShop(
  { api, clock }: Pick<LanguageWorld, 'api' | 'clock'>,
  shop: LanguageShop,
  ...events: readonly JsonObject[]
): Promise<void> {
  const batch = events.map((event) => {
    if (event['timestamp'] === undefined) clock.advance(1);
    const messageId = `told-${++serial}`;
    return { type: 'track', messageId, timestamp: new Date(clock.now()).toISOString(), ...event };
  });
  const payload = { writeKey: shop.keys.writeKey, batch };
  const response = await api.app.inject({ method: 'POST', url: '/v1/batch', payload });
  if (response.statusCode !== 200) throw new Error(`not taken: ${response.body}`);
  await api.settle();
}

/** Whom a `kind:value` leads to. */
export async function findProfile(shop: LanguageShop, identifier: string): Promise<Profile> {
  const { items } = await shop.call<{ items: Profile[] }>('listProfiles', { query: { identifier } });
  if (items[0] === undefined) throw new Error(`nobody is ${identifier}`);
  return items[0];
}
