import { channelSchema } from '@segue/contract';
import type { LoggedEvent } from '../../platform/eventlog/index.ts';
import type { UnfitEvent } from '../events/index.ts';
import type { ReadWord } from './read-consent-event.ts';
import { ALL_TOPICS } from './topic.ts';

const CHANNELS: ReadonlySet<string> = new Set(channelSchema.options);
const NO_CHANNEL = `is no channel, so it permits and forbids nothing; write one of ${channelSchema.options.join(', ')}`;
const NO_TOPIC =
  'is no topic of this workspace; it counts as marketing nobody can choose: correct it, or make the topic';

/** What a shop's event says about a channel or topic there is not. Segue's own events have no such. Pure. */
export function findUnfitWords(
  heard: readonly { readonly event: LoggedEvent; readonly word: ReadWord }[],
  topics: ReadonlySet<string>,
): UnfitEvent[] {
  return heard.flatMap(({ event, word }): UnfitEvent[] => {
    const { type, name, receivedAt: at } = event;
    const { source } = event.payload;
    if (source === undefined) return [];
    const told = { source, at, type, name };
    const unfit: UnfitEvent[] = [];
    if (!CHANNELS.has(word.channel)) unfit.push({ ...told, field: 'properties.channel', reason: NO_CHANNEL });
    if (word.topic !== ALL_TOPICS && !topics.has(word.topic)) {
      unfit.push({ ...told, field: 'properties.topic', reason: NO_TOPIC });
    }
    return unfit;
  });
}
