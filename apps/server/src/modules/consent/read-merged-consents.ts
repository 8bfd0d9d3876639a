import type { Ctx } from '../../platform/context.ts';
import type { MergedConsent } from '../profiles/index.ts';
import { findWords } from './consent-store.ts';
import { findMarks } from './follow-store.ts';
import { ALL_TOPICS, demandsOf } from './topic.ts';
import { listTopics } from './topic-store.ts';
import { kindOfStanding, NOTHING_SAID, standingKey, type Standings, weighWords } from './weigh-words.ts';

/** What became of permissions in the merges a profile is made of, by the id of the profile that went. Three queries. */
export async function readMergedConsents(
  ctx: Ctx,
  profileId: string,
): Promise<ReadonlyMap<string, readonly MergedConsent[]>> {
  const { sql, workspaceId } = ctx;
  const words = (await findWords(sql, workspaceId, [profileId])).get(profileId) ?? [];
  const merges = (await findMarks(sql, workspaceId, [profileId])).get(profileId) ?? [];
  const topics = new Map((await listTopics(sql, workspaceId)).map((topic) => [topic.topic, topic]));
  const isMarketing = (topic: string) => demandsOf(topics, topic).isMarketing;
  const { steps } = weighWords(profileId, { words, merges, isMarketing });
  return new Map(
    steps.map(({ merge, from, into, joined }) => {
      const kindIn = (standings: Standings, [channel, topic]: readonly [string, string]) =>
        kindOfStanding(
          standings.get(standingKey(channel, topic)) ?? NOTHING_SAID,
          isMarketing(topic) ? standings.get(standingKey(channel, ALL_TOPICS)) : undefined,
        );
      const consents = [...joined.keys()].sort().map((key): MergedConsent => {
        const place = key.split('\n') as [string, string];
        const kinds = { into: kindIn(into, place), from: kindIn(from, place), joined: kindIn(joined, place) };
        return { channel: place[0], topic: place[1], ...kinds };
      });
      return [merge.fromProfile, consents];
    }),
  );
}
