import type { PresentedReach, PresentedReachability } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { readSubjects } from '../../platform/eventlog/index.ts';
import { isRestricted, profilingObjectedAt } from '../profiles/index.ts';
import { decideReach } from './decide-reach.ts';
import { type Reach, readReach } from './read-reach.ts';
import { readRhythms } from './record-wishes.ts';
import { isPaused, USUAL_RHYTHM } from './rhythm.ts';
import type { Topic } from './topic.ts';
import { listTopics } from './topic-store.ts';

/** The channels customers have addresses for. */
const CHANNELS = ['email', 'sms', 'whatsapp'] as const;

/**
 * Where a customer can be reached, and why not elsewhere. `senders`: the channels Segue can send on.
 */
export async function readReachability(
  ctx: Ctx,
  profileId: string,
  senders: readonly string[],
): Promise<PresentedReachability> {
  const { sql, workspaceId } = ctx;
  const subject = (await readSubjects(sql, workspaceId, [profileId])).get(profileId);
  const rhythm = (await readRhythms(sql, workspaceId, [profileId])).get(profileId) ?? USUAL_RHYTHM;
  const reach = (await readReach(ctx, [profileId])).get(profileId)!;
  const topics = await listTopics(sql, workspaceId);
  const held = {
    isRestricted: isRestricted(subject),
    isObjected: profilingObjectedAt(subject) !== undefined,
    isPaused: isPaused(rhythm, ctx.clock.now()),
  };
  return {
    channels: CHANNELS.map((channel) => {
      const question = { channel, reach, held, hasSender: senders.includes(channel) };
      return {
        channel,
        marketing: bestOf(topics, true, (topic) => reachOf(question, topic)),
        journeys: bestOf(topics, true, (topic) => reachOf(question, topic, true)),
        transactional: bestOf(topics, false, (topic) => reachOf(question, topic)),
        topics: topics.map((topic) => ({
          ...reachOf(question, topic),
          topic: topic.topic,
          kind: topic.isMarketing ? ('marketing' as const) : ('transactional' as const),
        })),
      };
    }),
    pausedUntil: held.isPaused ? new Date(rhythm.pausedUntil!).toISOString() : null,
  };
}

interface Question {
  readonly channel: string;
  readonly reach: Reach;
  readonly hasSender: boolean;
  readonly held: { readonly isRestricted: boolean; readonly isObjected: boolean; readonly isPaused: boolean };
}

function reachOf({ channel, reach, hasSender, held }: Question, topic: Topic, isChosen = false): PresentedReach {
  return decideReach(reach.reachability(channel, topic.topic), {
    hasSender,
    isRestricted: held.isRestricted,
    isObjected: held.isObjected && topic.isMarketing && isChosen,
    isPaused: held.isPaused && topic.isMarketing,
  });
}

function bestOf(topics: readonly Topic[], isMarketing: boolean, reachOfTopic: (topic: Topic) => PresentedReach) {
  const ofKind = topics.filter((topic) => topic.isMarketing === isMarketing);
  const found =
    ofKind.find((topic) => reachOfTopic(topic).isReachable) ?? ofKind.find((topic) => topic.isDefault) ?? ofKind[0];
  if (found !== undefined) return { ...reachOfTopic(found), topic: found.topic };
  const unasked = decideReach(
    { kind: 'unasked' },
    { hasSender: true, isRestricted: false, isObjected: false, isPaused: false },
  );
  return { ...unasked, topic: null };
}
