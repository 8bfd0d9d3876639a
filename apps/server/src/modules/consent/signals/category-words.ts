import type { ConsentStatus } from '../consent-status.ts';
import { allows, type Categories } from './profile-signals.ts';

/** A category of the consent platform that is consent to messages about a topic on a channel. */
export interface CategoryTopic {
  readonly category: string;
  readonly channel: string;
  readonly topic: string;
}

export interface CategoryWord {
  readonly channel: string;
  readonly topic: string;
  readonly status: ConsentStatus;
}

/**
 * What preferences by category come to for channels and topics: granted where every category mapped to one is allowed.
 * Nothing is said about a channel and topic none of whose categories she was ever asked about: never asked stays never
 * asked. `before` is what she had said. Pure.
 */
export function wordsOfCategories(
  mapped: readonly CategoryTopic[],
  said: Categories,
  before: Categories | undefined,
): CategoryWord[] {
  const groups = new Map<string, CategoryTopic[]>();
  for (const one of mapped) {
    const key = `${one.channel}\n${one.topic}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one]);
    else known.push(one);
  }
  return [...groups.values()].flatMap((group): CategoryWord[] => {
    const isAsked = group.some(
      ({ category }) => Object.hasOwn(said, category) || Object.hasOwn(before ?? {}, category),
    );
    if (!isAsked) return [];
    const { channel, topic } = group[0]!;
    const isGranted = group.every(({ category }) => allows(said, category));
    return [{ channel, topic, status: isGranted ? 'granted' : 'denied' }];
  });
}
