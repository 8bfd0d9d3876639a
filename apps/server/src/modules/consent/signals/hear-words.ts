import type { WorkspaceKeys } from '../../../platform/crypto/index.ts';
import { causedId, type EventBatch, type LoggedEvent, type NodeRef } from '../../../platform/eventlog/index.ts';
import { listNumberedSources } from '../../accounts/index.ts';
import { addressHash, normaliseAddress } from '../address.ts';
import { ALL_TOPICS, type Topic } from '../topic.ts';
import { listTopics } from '../topic-store.ts';
import { type HeardWord, isHeard, readHeard } from './heard-message.ts';
import { openSealed } from './open-sealed.ts';
import { sayWords, type SignalWord } from './say-words.ts';
import { readSignalSettings } from './settings-store.ts';
import { type AddressWord, type ChannelWord, findChannelWords, liftStopped, suppressStopped } from './stop-store.ts';

interface Heard extends Omit<HeardWord, 'address'> {
  readonly event: LoggedEvent;
  readonly profileId: string;
  readonly node: NodeRef;
}

/**
 * Acts on what customers wrote back: stop denies every marketing topic on the channel and suppresses the address;
 * start grants the default topic again and lifts that, but neither bounce nor complaint; help is passed on as an event.
 * One query per table, none for a batch without such messages.
 */
export async function hearWords(batch: EventBatch, finals: ReadonlyMap<string, string>): Promise<void> {
  const heard = await readBatch(batch, finals);
  if (heard.length === 0) return;
  const topics = topicsToGrant(await listTopics(batch.sql, batch.workspaceId));
  await sayWords(
    batch,
    heard.filter(({ isAnswer }) => !isAnswer).flatMap((one) => wordsOf(one, topics)),
  );
  const profileIds = [...new Set(heard.map((one) => one.profileId))];
  const said = await findChannelWords(batch.sql, batch.workspaceId, profileIds);
  const answers = heard.filter((one) => one.isAnswer && hadStopped(said, one));
  await sayWords(
    batch,
    answers.flatMap((one) => wordsOf(one, topics)),
  );
  await actOnAddresses(batch, { said, heard: [...heard.filter(({ isAnswer }) => !isAnswer), ...answers] });
  for (const one of heard) if (one.action === 'help') emitHelp(batch, one);
}

async function readBatch(batch: EventBatch, finals: ReadonlyMap<string, string>): Promise<Heard[]> {
  const candidates = batch.entries.filter(({ event, subject }) => subject !== undefined && isHeard(event));
  if (candidates.length === 0) return [];
  const trusted = await trustedSources(
    batch,
    candidates.map(({ event }) => event),
  );
  const believed = candidates.filter(
    ({ event }) => event.type === 'internal' || trusted.has(event.payload.source ?? -1),
  );
  if (believed.length === 0) return [];
  const { optWords: own } = await readSignalSettings(batch.sql, batch.workspaceId);
  const opened = await openSealed(
    batch,
    believed.map(({ event }) => event),
  );
  const keys = await batch.keysOf(batch.workspaceId);
  return believed.flatMap(({ event, subject }): Heard[] => {
    const word = readHeard(event, { personal: opened.get(event), own });
    const node = event.nodes[0];
    if (word === undefined || subject === undefined || node === undefined) return [];
    const addressHash = word.addressHash ?? hashOf(keys, word);
    return [{ ...word, addressHash, event, node, profileId: finals.get(subject.id) ?? subject.id }];
  });
}

function hashOf(keys: Pick<WorkspaceKeys, 'blind'>, { channel, address }: HeardWord): string | undefined {
  const normalised = address === undefined ? undefined : normaliseAddress(channel, address);
  return normalised === undefined ? undefined : addressHash(keys, channel, normalised);
}

/** A public write key may claim that anybody said stop, or start. */
async function trustedSources(batch: EventBatch, events: readonly LoggedEvent[]): Promise<ReadonlySet<number>> {
  if (events.every((event) => event.type === 'internal')) return new Set();
  const sources = await listNumberedSources(batch.sql, batch.workspaceId);
  return new Set(sources.filter((source) => source.isTrusted).map((source) => source.number));
}

/** A grant is read narrowly: the topics suggested for marketing, not whatever else she may once have wanted. */
function topicsToGrant(topics: readonly Topic[]): string[] {
  const marketing = topics.filter((topic) => topic.isMarketing);
  const suggested = marketing.filter((topic) => topic.isDefault);
  return (suggested.length > 0 ? suggested : marketing.slice(0, 1)).map(({ topic }) => topic);
}

function wordsOf(heard: Heard, granted: readonly string[]): SignalWord[] {
  if (heard.action === 'help') return [];
  const { profileId, node, channel, occurredAt, source, text, event, addressHash: said } = heard;
  const isStop = heard.action === 'stop';
  return (isStop ? [ALL_TOPICS] : granted).map((topic) => ({
    profileId,
    node,
    channel,
    topic,
    status: isStop ? 'denied' : 'granted',
    occurredAt,
    source,
    proof: { text },
    // It came from the address itself.
    isConfirmed: !isStop && said !== undefined,
    addressHash: isStop ? undefined : said,
    eventId: causedId(source, event.id, channel, topic),
  }));
}

/** Whether her last word before the answer was a stop on this channel. */
function hadStopped(said: readonly ChannelWord[], answer: Heard): boolean {
  const [last] = ofChannel(said, answer)
    .filter((word) => word.occurred_ms <= answer.occurredAt)
    .toSorted((a, b) => b.occurred_ms - a.occurred_ms);
  return last?.status === 'denied' && last.topic === ALL_TOPICS;
}

function ofChannel(said: readonly ChannelWord[], { profileId, channel }: Heard): ChannelWord[] {
  return said.filter((word) => word.profile_id === profileId && word.channel === channel);
}

async function actOnAddresses(
  batch: EventBatch,
  { said, heard }: { said: readonly ChannelWord[]; heard: readonly Heard[] },
): Promise<void> {
  const toWord = ({ channel, occurredAt, addressHash: hash }: Heard): AddressWord[] =>
    hash === undefined ? [] : [{ channel, addressHash: hash, occurredAt: Math.min(occurredAt, batch.now) }];
  // A stop that arrives after a later start was taken back already: by a yes from the address itself, not by one of a form.
  const isTakenBack = (one: Heard): boolean =>
    ofChannel(said, one).some(
      (word) =>
        word.status === 'granted' &&
        word.confirmed &&
        word.address_hash === one.addressHash &&
        word.occurred_ms > one.occurredAt,
    );
  const stops = heard.filter((one) => one.action === 'stop' && one.isOfAddress && !isTakenBack(one));
  await suppressStopped(batch.sql, batch.workspaceId, { words: stops.flatMap(toWord), nowMs: batch.now });
  const starts = heard.filter((one) => one.action === 'start');
  await liftStopped(batch.sql, batch.workspaceId, starts.flatMap(toWord));
}

function emitHelp(batch: EventBatch, { profileId, node, channel, occurredAt, event }: Heard): void {
  batch.emit({
    subjectId: profileId,
    node,
    id: causedId('help', event.id),
    name: 'Help Requested',
    occurredAt: Math.min(occurredAt, batch.now),
    properties: { channel },
  });
}
