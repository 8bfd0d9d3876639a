import { randomBytes } from 'node:crypto';
import type { OperationId, Profile, ProfileIdentity, TimelineItem } from '@segue/contract';
import { type Answer, type ApiWorld, type Keys, NOW } from '../../../../compose/testing/api-world.ts';
import type { JsonObject } from '../../../../platform/json.ts';

/** One shop over HTTP: its SDKs send, its members merge, unmerge and look. */
export interface IdentityShop extends Keys {
  /** Sends events as one batch, in order; each is processed and archived when it answers. */
  say(...events: readonly JsonObject[]): Promise<void>;
  call(id: OperationId, profileId: string | undefined, body?: object): Promise<Answer>;
  /** The public id of the profile an identifier (`kind:value`) leads to. */
  idOf(identifier: string): Promise<string>;
  identity(profileId: string): Promise<ProfileIdentity>;
  /** Answers the id of the merge. */
  merge(into: string, from: string): Promise<string>;
  /** Undoes a merge; answers the profile that is there again. */
  unmerge(profileId: string, mergeId: string): Promise<string>;
  /** All that is known of the profile an identifier leads to, less what differs between two shops. */
  known(identifier: string): Promise<Known>;
}

interface Known {
  readonly identifiers: Profile['identifiers'];
  readonly traits: Profile['traits'];
  readonly seen: readonly [string | null, string | null];
  readonly timeline: readonly string[];
}

export async function openIdentityShop(world: ApiWorld, name = randomBytes(4).toString('hex')): Promise<IdentityShop> {
  const keys = await world.addWorkspace(name);
  const call: IdentityShop['call'] = (id, profileId, body) =>
    world.ask(id, keys.apiKey, { ...(profileId && { params: { id: profileId } }), ...(body && { body }) });
  const need = async <T>(asking: Promise<Answer>): Promise<T> => {
    const answer = await asking;
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text} ${world.faults.join('\n')}`);
    return answer.json<T>();
  };
  const profileOf = async (identifier: string): Promise<Profile> => {
    const asked = world.ask('listProfiles', keys.apiKey, { query: { identifier } });
    const [found] = (await need<{ items: Profile[] }>(asked)).items;
    if (found === undefined) throw new Error(`nobody is ${identifier}`);
    return found;
  };
  return {
    ...keys,
    call,
    async say(...events) {
      const seen = { type: 'track', event: 'Seen' };
      const batch = events.map((event) => ({ ...seen, messageId: randomBytes(8).toString('hex'), ...event }));
      const payload = { writeKey: keys.writeKey, batch };
      const response = await world.app.inject({ method: 'POST', url: '/v1/batch', payload });
      if (response.json<{ accepted?: number }>().accepted !== events.length) throw new Error(response.body);
      await world.settle();
    },
    idOf: async (identifier) => (await profileOf(identifier)).id,
    identity: (profileId) => need(call('getProfileIdentity', profileId)),
    async merge(into, from) {
      const { merges } = await need<ProfileIdentity>(call('mergeProfiles', into, { with: from }));
      return merges.find((merge) => merge.fromProfileId === from && merge.undoneAt === null)!.id;
    },
    async unmerge(profileId, merge) {
      const asked = call('unmergeProfiles', profileId, { merge });
      const { restoredProfileId } = await need<{ restoredProfileId: string }>(asked);
      await world.settle();
      return restoredProfileId;
    },
    async known(identifier) {
      const profile = await profileOf(identifier);
      const { items } = await need<{ items: TimelineItem[] }>(call('listProfileTimeline', profile.id));
      return {
        identifiers: profile.identifiers,
        traits: profile.traits,
        seen: [profile.firstSeenAt, profile.lastSeenAt],
        timeline: items
          .filter(({ type }) => type !== 'internal')
          .map((item) => `${item.occurredAt} ${item.type} ${item.name}`),
      };
    },
  };
}

/** An instant so many minutes before now. */
export const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();
