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
  const keys = await reader.keysOf(reader.workspaceId);
  const reached: ChannelAddress[] = [];
  for (const kind of ['email', 'phone'] as const) {
    const addresses = (await listAddresses(reader, [profileId], kind)).get(profileId) ?? [];
    const onChannel = (channel: string) =>
      addresses.flatMap(({ address, node }): ChannelAddress[] => {
        const written = normaliseAddress(channel, address);
        return written === undefined ? [] : [{ channel, addressHash: addressHash(keys, channel, written), node }];
      });
    reached.push(...CHANNELS_OF[kind].flatMap(onChannel));
  }
  return reached;
}
