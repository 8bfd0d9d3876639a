import type { Services } from '../../platform/context.ts';
import type { Subject, SubjectBatch } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { objectToProfiling, ownersOfNodes } from '../profiles/index.ts';
import { inProfile } from './in-profile.ts';
import type { ConsentStatus } from './consent-status.ts';
import { type Choices, readChoices } from './preference-choices.ts';
import type { ConsentProof } from './proof.ts';
import { causeOfEvent } from './read-consent-event.ts';
import { recordConsent } from './record-consent.ts';
import { sayWishes } from './record-wishes.ts';
import { PAUSE_MS, type WishValue } from './rhythm.ts';
import { liftSuppression, suppressAddress } from './suppress-address.ts';
import { ALL_TOPICS } from './topic.ts';
import { provedChannel, type UnsubscribeLink } from './unsubscribe-link.ts';
import { PREFERENCES_WORDING } from './wording.data.ts';

/** Ends one topic at once. Also when the customer's profile is gone: then her address is suppressed instead. */
export async function unsubscribe(services: Services, link: UnsubscribeLink, proof: ConsentProof): Promise<void> {
  const { channel, topic } = link;
  const done = await inProfile(services, link, async (batch, subject) => {
    await say(batch, { subject, link, proof, source: 'one_click', words: [{ channel, topic, status: 'denied' }] });
  });
  if (done === undefined) await suppressForGood(services, link);
}

/** Ends every topic that asks for opt-in, on every channel she can be reached on. */
export async function unsubscribeFromAll(
  services: Services,
  link: UnsubscribeLink,
  proof: ConsentProof,
): Promise<void> {
  const channels = channelsIn(await readChoices(services, link), link);
  const done = await inProfile(services, link, async (batch, subject) => {
    await say(batch, { subject, link, proof, source: 'preference_page', words: denials(channels) });
  });
  if (done === undefined) await suppressForGood(services, link);
}

/** Ends every topic and suppresses the address, whoever else uses it. */
export async function stopEverything(services: Services, link: UnsubscribeLink, proof: ConsentProof): Promise<void> {
  await inProfile(services, link, async (batch, subject) => {
    await say(batch, { subject, link, proof, source: 'preference_page', words: denials([link.channel]) });
  });
  await suppressForGood(services, link);
}

function channelsIn({ topics }: Choices, link: UnsubscribeLink): string[] {
  return [...new Set([link.channel, ...topics.flatMap((topic) => topic.channels.map((one) => one.channel))])];
}

function denials(channels: readonly string[]): Said[] {
  return channels.map((channel) => ({ channel, topic: ALL_TOPICS, status: 'denied' }));
}

/**
 * Takes what the customer chose as her last word: on every topic of the channel she came by, and on whatever she changed
 * of the others. Wanting a topic again also ends an earlier "stop everything"; complaints and bounces stay, since mailbox
 * providers judge us by the address. `wanted` holds `channel:topic`.
 */
export async function saveChoices(
  services: Services,
  link: UnsubscribeLink,
  options: { wanted: ReadonlySet<string>; isLessOften?: boolean | undefined; proof: ConsentProof },
): Promise<void> {
  const { wanted, proof, isLessOften } = options;
  const choices = await readChoices(services, link);
  const words = wordsOf(choices, link, wanted);
  const isChanged = isLessOften !== undefined && isLessOften !== choices.rhythm.isLessOften;
  const done = await inProfile(services, link, async (batch, subject) => {
    await say(batch, { subject, link, proof, source: 'preference_page', words });
    if (isChanged) await wish(batch, { subject, link, proof, value: { kind: 'frequency', isLessOften } });
    if (!words.some((word) => word.channel === provedChannel(link) && word.status === 'granted')) return;
    const lifted = { ...link, reason: 'unsubscribe_all', nowMs: batch.now, holders: [subject.id] } as const;
    await liftSuppression(batch.sql, link.workspaceId, lifted);
  });
  if (done === undefined && wanted.size === 0) await suppressForGood(services, link);
}

/** No marketing for a month, or again at once. It concerns no orders, and no topic she chose. */
export async function pauseMessages(
  services: Services,
  link: UnsubscribeLink,
  { isPaused, proof }: { isPaused: boolean; proof: ConsentProof },
): Promise<void> {
  await inProfile(services, link, async (batch, subject) => {
    const until = isPaused ? batch.now + PAUSE_MS : undefined;
    await wish(batch, { subject, link, proof, value: { kind: 'pause', until } });
  });
}

/** She objects to being profiled for marketing, or allows it again. */
export async function chooseProfiling(
  services: Services,
  link: UnsubscribeLink,
  { isObjected }: { isObjected: boolean },
): Promise<void> {
  await inProfile(services, link, async (batch, subject) => {
    objectToProfiling(batch, subject, { isObjected, source: 'preference_page', node: link.node });
  });
}

async function wish(
  batch: SubjectBatch,
  said: { subject: Subject; link: UnsubscribeLink; proof: ConsentProof; value: WishValue },
): Promise<void> {
  const { subject, link, value } = said;
  const proof = { ...said.proof, message: link.messageId };
  const source = 'preference_page';
  await sayWishes(batch, { profileId: subject.id, node: link.node, source, proof, values: [value] });
}

function wordsOf({ topics }: Choices, link: UnsubscribeLink, wanted: ReadonlySet<string>): Said[] {
  return topics.flatMap(({ topic, channels }) =>
    channels.flatMap(({ channel, isOn }): Said[] => {
      const isWanted = wanted.has(`${channel}:${topic}`);
      if (channel !== provedChannel(link) && isWanted === isOn) return [];
      return [{ channel, topic, status: isWanted ? 'granted' : 'denied' }];
    }),
  );
}

interface Said {
  readonly channel: string;
  readonly topic: string;
  readonly status: ConsentStatus;
}

interface Saying {
  readonly subject: Subject;
  readonly link: UnsubscribeLink;
  readonly proof: ConsentProof;
  readonly source: string;
  readonly words: readonly Said[];
}

/**
 * Records words and tells the world. The event's id is their cause, so that hearing the event again adds nothing. The link
 * proves the mailbox it was sent to, so what is said of that channel is confirmed.
 */
async function say(batch: SubjectBatch, saying: Saying): Promise<void> {
  const { link, subject, source } = saying;
  const proof = { ...saying.proof, message: link.messageId };
  const proved = provedChannel(link);
  const said = saying.words.map((word) => ({
    ...word,
    eventId: newUuid(batch.now),
    isConfirmed: word.channel === proved,
    addressHash: word.channel === proved && word.status === 'granted' ? link.addressHash : undefined,
  }));
  const facts = said.map(({ eventId, ...word }) => ({
    ...word,
    profileId: subject.id,
    node: link.node,
    occurredAt: batch.now,
    source,
    cause: causeOfEvent(eventId),
    proof,
    wording: source === 'preference_page' ? PREFERENCES_WORDING : undefined,
  }));
  const statuses = await recordConsent(batch, facts);
  for (const [index, { channel, topic, eventId, isConfirmed, addressHash }] of said.entries()) {
    const status = statuses[index]!;
    const about = { channel, topic, ...(proved !== undefined && { message_id: link.messageId }) };
    batch.emit({
      subjectId: subject.id,
      node: link.node,
      id: eventId,
      occurredAt: batch.now,
      name: status === 'denied' ? 'Unsubscribed' : 'Consent Updated',
      properties:
        status === 'denied'
          ? about
          : {
              ...about,
              status,
              confirmed: isConfirmed,
              ...(addressHash !== undefined && { address_hash: addressHash }),
            },
    });
  }
}

async function suppressForGood(services: Services, link: UnsubscribeLink): Promise<void> {
  const nowMs = services.clock.now();
  const suppression = {
    channel: link.channel,
    addressHash: link.addressHash,
    reason: 'unsubscribe_all',
    occurredAt: nowMs,
    source: 'preference_page',
  } as const;
  const owner = (await ownersOfNodes(services.postgres, link.workspaceId, [link.node.id])).get(link.node.id);
  const holders = [owner ?? link.profileId];
  await services.postgres.transaction((sql) => suppressAddress(sql, link.workspaceId, { suppression, nowMs, holders }));
}
