import type { Services } from '../../platform/context.ts';
import type { Subject, SubjectBatch } from '../../platform/eventlog/index.ts';
import { newUuid } from '../../platform/ids/index.ts';
import { followMerged } from '../profiles/index.ts';
import { inProfile } from './in-profile.ts';
import type { ConsentStatus } from './permission.ts';
import type { ConsentProof } from './proof.ts';
import { causeOfEvent } from './read-consent-event.ts';
import { readPermissions } from './read-permissions.ts';
import { recordConsent } from './record-consent.ts';
import { suppressAddress } from './suppress-address.ts';
import { deleteSuppressions } from './suppression-store.ts';
import { ALL_TOPICS, type Topic } from './topic.ts';
import { listTopics } from './topic-store.ts';
import type { UnsubscribeLink } from './unsubscribe-link.ts';

/** A topic as the customer sees it. */
export interface TopicChoice extends Topic {
  readonly isOn: boolean;
}

/** Ends one topic at once. Also when the customer's profile is gone: then her address is suppressed instead. */
export async function unsubscribe(services: Services, link: UnsubscribeLink, proof: ConsentProof): Promise<void> {
  const done = await inProfile(services, link, async (batch, subject) => {
    await say(batch, { subject, link, proof, source: 'one_click', words: [{ topic: link.topic, status: 'denied' }] });
  });
  if (done === undefined) await suppressForGood(services, link);
}

/** Ends every topic and suppresses the address, whoever else uses it. */
export async function stopEverything(services: Services, link: UnsubscribeLink, proof: ConsentProof): Promise<void> {
  await inProfile(services, link, async (batch, subject) => {
    await say(batch, {
      subject,
      link,
      proof,
      source: 'preference_page',
      words: [{ topic: ALL_TOPICS, status: 'denied' }],
    });
  });
  await suppressForGood(services, link);
}

/**
 * Takes what the customer chose as her last word on every topic that asks for opt-in. Wanting one topic again also ends
 * an earlier "stop everything"; complaints and bounces stay, since mailbox providers judge us by the address.
 */
export async function saveTopicChoices(
  services: Services,
  link: UnsubscribeLink,
  options: { wanted: ReadonlySet<string>; proof: ConsentProof },
): Promise<void> {
  const { wanted, proof } = options;
  const done = await inProfile(services, link, async (batch, subject) => {
    const topics = (await listTopics(batch.sql, link.workspaceId)).filter((one) => one.requiresOptIn);
    const words = topics.map(({ topic }) => ({
      topic,
      status: wanted.has(topic) ? ('granted' as const) : ('denied' as const),
    }));
    await say(batch, { subject, link, proof, source: 'preference_page', words });
    if (!words.some((word) => word.status === 'granted')) return;
    await deleteSuppressions(batch.sql, link.workspaceId, { ...link, reason: 'unsubscribe_all' });
  });
  if (done === undefined && wanted.size === 0) await suppressForGood(services, link);
}

/** The topics a customer can choose, and whether the address stands for none at all. */
export async function readTopicChoices(
  services: Services,
  link: UnsubscribeLink,
): Promise<{ topics: TopicChoice[]; isStopped: boolean }> {
  const { workspaceId, channel, addressHash } = link;
  const profileId = (await followMerged(services.postgres, workspaceId, [link.profileId])).get(link.profileId);
  if (profileId === undefined) return { topics: [], isStopped: true };
  const topics = (await listTopics(services.postgres, workspaceId)).filter((one) => one.requiresOptIn);
  const questions = topics.map((one) => ({ ...one, profileId, channel, addressHash }));
  const answers = await readPermissions(services.postgres, workspaceId, questions);
  const choices = questions.map((question) => {
    const { topic, name, requiresOptIn } = question;
    return { topic, name, requiresOptIn, isOn: answers.get(question)!.decision.kind === 'permitted' };
  });
  return { topics: choices, isStopped: questions.some((question) => answers.get(question)!.suppression !== undefined) };
}

interface Saying {
  readonly subject: Subject;
  readonly link: UnsubscribeLink;
  readonly proof: ConsentProof;
  readonly source: string;
  readonly words: readonly { readonly topic: string; readonly status: ConsentStatus }[];
}

/** Records words and tells the world. The event's id is their cause, so that hearing the event again adds nothing. */
async function say(batch: SubjectBatch, saying: Saying): Promise<void> {
  const { link, subject, source, proof } = saying;
  const said = saying.words.map((word) => ({ ...word, eventId: newUuid(batch.now) }));
  const facts = said.map(({ topic, status, eventId }) => ({
    profileId: subject.id,
    node: link.node,
    channel: link.channel,
    topic,
    status,
    occurredAt: batch.now,
    source,
    cause: causeOfEvent(eventId),
    proof,
  }));
  await recordConsent(batch, facts);
  for (const { topic, status, eventId } of said) {
    const about = { channel: link.channel, topic, message_id: link.messageId };
    batch.emit({
      subjectId: subject.id,
      node: link.node,
      id: eventId,
      occurredAt: batch.now,
      name: status === 'denied' ? 'Unsubscribed' : 'Consent Updated',
      properties: status === 'denied' ? about : { ...about, status },
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
  await suppressAddress(services.postgres, link.workspaceId, { suppression, nowMs });
}
