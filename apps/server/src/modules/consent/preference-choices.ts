import type { Services } from '../../platform/context.ts';
import { readSubjects } from '../../platform/eventlog/index.ts';
import { followMerged, profilingObjectedAt } from '../profiles/index.ts';
import { listChannelAddresses } from './reach.ts';
import { readPermissions } from './read-permissions.ts';
import { readRhythms } from './record-wishes.ts';
import { type Rhythm, USUAL_RHYTHM } from './rhythm.ts';
import type { Topic } from './topic.ts';
import { listTopics } from './topic-store.ts';
import { provedChannel, type UnsubscribeLink } from './unsubscribe-link.ts';

/** One topic on one channel, as the customer sees it. */
export interface ChannelChoice {
  readonly channel: string;
  readonly isOn: boolean;
}

export interface TopicChoice extends Topic {
  readonly channels: readonly ChannelChoice[];
}

export interface Choices {
  readonly topics: readonly TopicChoice[];
  /** Whether the address stands for no message at all; `for_good`: whatever is chosen here. */
  readonly stopped: 'no' | 'by_choice' | 'for_good';
  readonly rhythm: Rhythm;
  /** She objects to being profiled for marketing. */
  readonly isObjectedProfiling: boolean;
}

/**
 * The topics a customer can choose, on the channels she has an address for; the link's own is always one. The link proves
 * no other address, so a topic that needs a confirmed yes is offered elsewhere only to be ended.
 */
export async function readChoices(services: Services, link: UnsubscribeLink): Promise<Choices> {
  const { workspaceId } = link;
  const sql = services.postgres;
  const profileId = (await followMerged(sql, workspaceId, [link.profileId])).get(link.profileId);
  if (profileId === undefined)
    return { topics: [], stopped: 'for_good', rhythm: USUAL_RHYTHM, isObjectedProfiling: false };
  const topics = (await listTopics(sql, workspaceId)).filter((one) => one.isMarketing);
  const channels = await channelsOf(services, link, profileId);
  const questions = topics.flatMap((topic) =>
    [...channels].map(([channel, hash]) => ({ topic: topic.topic, channel, profileId, addressHash: hash })),
  );
  const answers = await readPermissions(sql, workspaceId, questions);
  const choices = topics.map((topic): TopicChoice => {
    const mine = questions.filter((question) => question.topic === topic.topic);
    const channels = mine.map((question) => ({
      channel: question.channel,
      isOn: answers.get(question)?.decision.kind === 'permitted',
    }));
    return {
      ...topic,
      channels: channels.filter((one) => one.isOn || !topic.doubleOptIn || one.channel === provedChannel(link)),
    };
  });
  const mine = questions.find((question) => question.channel === link.channel);
  const reason = mine === undefined ? undefined : answers.get(mine)?.suppression;
  const stopped = reason === undefined ? 'no' : reason === 'unsubscribe_all' ? 'by_choice' : 'for_good';
  const rhythm = (await readRhythms(sql, workspaceId, [profileId])).get(profileId) ?? USUAL_RHYTHM;
  const subject = (await readSubjects(sql, workspaceId, [profileId])).get(profileId);
  return { topics: choices, stopped, rhythm, isObjectedProfiling: profilingObjectedAt(subject) !== undefined };
}

/** Each channel with the hash of its address. */
async function channelsOf(
  services: Services,
  link: UnsubscribeLink,
  profileId: string,
): Promise<ReadonlyMap<string, string>> {
  const { workspaceId } = link;
  const reader = { sql: services.postgres, workspaceId, keysOf: (id: number) => services.keysOf(id) };
  const channels = new Map([[link.channel, link.addressHash]]);
  for (const { channel, addressHash } of await listChannelAddresses(reader, profileId))
    if (!channels.has(channel)) channels.set(channel, addressHash);
  return channels;
}
