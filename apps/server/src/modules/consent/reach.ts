import type { NodeRef } from '../../platform/eventlog/index.ts';
import { listAddresses } from '../profiles/index.ts';
import { addressHash, normaliseAddress } from './address.ts';

/** An address of a profile as a channel uses it. */
export interface ChannelAddress {
  readonly channel: string;
  /** From `addressHash`. */
  readonly addressHash: string;
  readonly node: NodeRef;
}

/** The channels of each kind of address, in the order they are shown. */
const CHANNELS_OF = { email: ['email'], phone: ['sms', 'whatsapp'] } as const;

/** Every channel a profile can be reached on with each of its addresses; of one channel the one messages go to first. */
export async function listChannelAddresses(
  reader: Parameters<typeof listAddresses>[0],
  profileId: string,
): Promise<ChannelAddress[]> {
  return (await listChannelAddressesOf(reader, [profileId])).get(profileId) ?? [];
}

/** The same of many profiles at once. One query for each kind of address. */
export async function listChannelAddressesOf(
  reader: Parameters<typeof listAddresses>[0],
  profileIds: readonly string[],
): Promise<Map<string, ChannelAddress[]>> {
  const keys = await reader.keysOf(reader.workspaceId);
  const reached = new Map<string, ChannelAddress[]>(profileIds.map((id) => [id, []]));
  for (const kind of ['email', 'phone'] as const) {
    for (const [profileId, addresses] of await listAddresses(reader, profileIds, kind)) {
      const onChannel = (channel: string) =>
        addresses.flatMap(({ address, node }): ChannelAddress[] => {
          const written = normaliseAddress(channel, address);
          return written === undefined ? [] : [{ channel, addressHash: addressHash(keys, channel, written), node }];
        });
      reached.get(profileId)?.push(...CHANNELS_OF[kind].flatMap(onChannel));
    }
  }
  return reached;
}
