import type { listAddresses } from '../profiles/index.ts';
import { findStates } from './consent-store.ts';
import type { SuppressionReason } from './permission.ts';
import { type ChannelAddress, listChannelAddressesOf } from './reach.ts';
import { type ConsentState, consentStateOf, decideReachability, type Reachability } from './reachability.ts';
import { standingsByProfile } from './refresh-states.ts';
import { findSuppressions } from './suppression-store.ts';
import { listTopics } from './topic-store.ts';
import type { Standings } from './weigh-words.ts';

/** What may be asked of one profile about being written to. Without a topic: about the channel as a whole. */
export interface Reach {
  /** Channels she has an address for. */
  readonly channels: readonly string[];
  consent(channel: string, topic: string | undefined): ConsentState;
  reachability(channel: string, topic: string | undefined): Reachability;
}

const NOTHING: Standings = new Map();

/**
 * What profiles said, and where they can be written to: one query a table, whatever their number. Example:
 * `(await readReach(ctx, [id])).get(id)!.reachability('email', 'marketing')`.
 */
export async function readReach(
  reader: Parameters<typeof listAddresses>[0],
  profileIds: readonly string[],
): Promise<Map<string, Reach>> {
  if (profileIds.length === 0) return new Map();
  const { sql, workspaceId } = reader;
  const topics = new Map((await listTopics(sql, workspaceId)).map((topic) => [topic.topic, topic]));
  const standings = standingsByProfile(await findStates(sql, workspaceId, profileIds));
  const reached = await listChannelAddressesOf(reader, profileIds);
  const hashes = [...reached.values()].flatMap((addresses) => addresses.map((one) => one.addressHash));
  const suppressed = new Map<string, SuppressionReason[]>();
  for (const row of await findSuppressions(sql, workspaceId, [...new Set(hashes)])) {
    const key = `${row.channel} ${row.address_hash}`;
    suppressed.set(key, [...(suppressed.get(key) ?? []), row.reason]);
  }
  return new Map(
    profileIds.map((id) => {
      const addresses = reached.get(id) ?? [];
      const factsOf = (channel: string, topic: string | undefined) => {
        const addressHash = firstOn(addresses, channel);
        const suppressions = suppressed.get(`${channel} ${addressHash ?? ''}`) ?? [];
        return { channel, topic, addressHash, suppressions, topics, standings: standings.get(id) ?? NOTHING };
      };
      return [
        id,
        {
          channels: [...new Set(addresses.map((one) => one.channel))],
          consent: (channel, topic) => consentStateOf(factsOf(channel, topic)),
          reachability: (channel, topic) => decideReachability(factsOf(channel, topic)),
        },
      ];
    }),
  );
}

/** Addresses come in the order they are written to. */
function firstOn(addresses: readonly ChannelAddress[], channel: string): string | undefined {
  return addresses.find((one) => one.channel === channel)?.addressHash;
}
