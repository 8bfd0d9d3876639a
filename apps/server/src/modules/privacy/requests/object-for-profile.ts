import { channelSchema } from '@segue/contract';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import { recordProfileConsent } from '../../consent/index.ts';

/** Stands for every marketing topic, those made later included. */
const EVERY_TOPIC = '*';

/**
 * Article 21(2) of the GDPR: no direct marketing on any channel, until she herself says yes again. Answers how many
 * channels that were.
 */
export async function objectForProfile(ctx: TxCtx, profileId: string, saidAt: Date): Promise<number> {
  for (const channel of channelSchema.options) {
    await recordProfileConsent(ctx, profileId, {
      channel,
      topic: EVERY_TOPIC,
      status: 'denied',
      source: 'objection',
      occurredAt: saidAt.toISOString(),
      isConfirmed: false,
      doubleOptIn: false,
    });
  }
  return channelSchema.options.length;
}
