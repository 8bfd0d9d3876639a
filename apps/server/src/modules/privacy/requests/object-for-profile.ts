import { channelSchema, OBJECTIONS } from '@segue/contract';
import type { TxCtx } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import { inProfile, recordProfileConsent } from '../../consent/index.ts';
import { anchorNode, objectToProfiling } from '../../profiles/index.ts';
import type { Counts } from './request-work.ts';

export type Objection = (typeof OBJECTIONS)[number];

/** Stands for every marketing topic, those made later included. */
const EVERY_TOPIC = '*';
const SOURCE = 'objection';

/** What a request objects to: direct marketing and the profiling for it, unless one was named. */
export function objectionsIn({ against }: JsonObject): readonly Objection[] {
  return Array.isArray(against) ? OBJECTIONS.filter((one) => against.includes(one)) : OBJECTIONS;
}

/**
 * Article 21(2) of the GDPR: no direct marketing on any channel until she herself says yes again, and no profiling for it
 * until she allows it again. Answers how many channels that were, and whether the profiling was new.
 */
export async function objectForProfile(
  ctx: TxCtx,
  profileId: string,
  objection: { against: readonly Objection[]; saidAt: Date },
): Promise<Counts> {
  const channels = objection.against.includes('marketing') ? channelSchema.options : [];
  for (const channel of channels) {
    await recordProfileConsent(ctx, profileId, {
      channel,
      topic: EVERY_TOPIC,
      status: 'denied',
      source: SOURCE,
      occurredAt: objection.saidAt.toISOString(),
      isConfirmed: false,
      doubleOptIn: false,
    });
  }
  const isProfiling = objection.against.includes('profiling');
  return {
    ...(channels.length > 0 && { channels: channels.length }),
    ...(isProfiling && { profiling: await setProfiling(ctx, profileId, true) }),
  };
}

/** She allows profiling again. Answers whether she had objected. */
export async function allowProfiling(ctx: TxCtx, profileId: string): Promise<Counts> {
  return { profiling: await setProfiling(ctx, profileId, false) };
}

/** Reaches whom she was merged into since she was looked up. Answers whether it is new. */
async function setProfiling(ctx: TxCtx, profileId: string, isObjected: boolean): Promise<number> {
  const { workspaceId } = ctx;
  const done = await inProfile(ctx, { workspaceId, profileId }, (batch, subject) =>
    Promise.resolve(objectToProfiling(batch, subject, { isObjected, source: SOURCE, node: anchorNode(subject) })),
  );
  return done?.value === true ? 1 : 0;
}
