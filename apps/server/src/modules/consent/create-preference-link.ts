import type { PreferenceLink } from '@segue/contract';
import { AppError } from '../../platform/errors.ts';
import type { TxCtx } from '../../platform/eventlog/index.ts';
import { publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { addressHash, normaliseAddress } from './address.ts';
import { type ChannelAddress, listChannelAddresses } from './reach.ts';
import { listTopics } from './topic-store.ts';
import { unsubscribeUrl } from './unsubscribe-link.ts';

interface Asked {
  readonly channel: string;
  readonly address?: string | undefined;
  readonly publicUrl: string;
}

/**
 * A link to a customer's preference page for the shop's own account page, about one of her addresses. No message carried
 * it, so it proves no mailbox: a yes said by it confirms nothing and lifts no suppression.
 */
export async function createPreferenceLink(ctx: TxCtx, profileId: string, asked: Asked): Promise<PreferenceLink> {
  const { workspaceId } = ctx;
  const keys = await ctx.keysOf(workspaceId);
  const { channel, node, addressHash: hash } = await chooseAddress(ctx, profileId, asked);
  const topics = await listTopics(ctx.sql, workspaceId);
  const topic = topics.find((one) => one.isMarketing && one.isDefault)?.topic ?? 'marketing';
  const link = { workspaceId, profileId, node, channel, addressHash: hash, topic, messageId: '' };
  const url = unsubscribeUrl(keys, { ...link, publicUrl: asked.publicUrl });
  await recordAudit(ctx, {
    action: 'preference_link.created',
    subject: publicId('prf', profileId),
    detail: { channel },
  });
  return { url, channel, addressHash: hash, expiresAt: null };
}

/** The one named, else the one messages on the channel go to. */
async function chooseAddress(ctx: TxCtx, profileId: string, asked: Asked): Promise<ChannelAddress> {
  const { channel, address } = asked;
  const hers = (await listChannelAddresses(ctx, profileId)).filter((one) => one.channel === channel);
  if (address === undefined) {
    if (hers[0] !== undefined) return hers[0];
    throw refused('channel', `she has no address on the channel ${channel}; name another channel`);
  }
  const written = normaliseAddress(channel, address);
  const hash = written === undefined ? undefined : addressHash(await ctx.keysOf(ctx.workspaceId), channel, written);
  const chosen = hers.find((one) => one.addressHash === hash);
  if (chosen !== undefined) return chosen;
  throw refused('address', `is none of her addresses on the channel ${channel}; name one of hers, or leave it out`);
}

function refused(field: string, message: string): AppError {
  return new AppError('invalid', 'The request does not fit', { details: [{ field, message }] });
}
