import type { PresentedPermission } from '@segue/contract';
import { decidePermission, type SuppressionReason, SUPPRESSION_REASONS } from './permission.ts';
import { ALL_TOPICS, demandsOf, type Topic } from './topic.ts';
import { kindOfStanding, NOTHING_SAID, type Standings, standingKey } from './weigh-words.ts';

/** What a profile said, as `GET /profiles/{id}/permissions` names it. */
export type ConsentState = PresentedPermission['state'];

/** What is known of a profile and one channel. */
export interface ChannelFacts {
  readonly channel: string;
  /** Left out: about the channel as a whole. */
  readonly topic?: string | undefined;
  /** The address messages go to first; undefined: she has none there. From `addressHash`. */
  readonly addressHash: string | undefined;
  readonly suppressions: readonly SuppressionReason[];
  readonly standings: Standings;
  readonly topics: ReadonlyMap<string, Topic>;
}

export type Reachability =
  | { readonly kind: 'reachable' }
  | { readonly kind: 'no_address' }
  | { readonly kind: 'suppressed'; readonly reason: SuppressionReason }
  /** She said no: to the topic, or to the channel as a whole. */
  | { readonly kind: 'denied' }
  /** Of a topic that needs a yes: there is none, or it has yet to be confirmed. */
  | { readonly kind: 'unconfirmed' | 'unasked' };

/**
 * Whether a message could go out on a channel, and why not. With a topic as the gate decides it for that topic; without one
 * there must be an address that is not suppressed, and not a no to everything. Pauses, caps and hours are not looked at.
 */
export function decideReachability(facts: ChannelFacts): Reachability {
  const { topic, addressHash, suppressions, standings, topics, channel } = facts;
  if (addressHash === undefined) return { kind: 'no_address' };
  if (topic !== undefined) {
    const { decision } = decidePermission({
      ...demandsOf(topics, topic),
      ofTopic: standings.get(standingKey(channel, topic)),
      ofAll: standings.get(standingKey(channel, ALL_TOPICS)),
      addressHash,
      suppressions,
    });
    return decision.kind === 'permitted' ? { kind: 'reachable' } : decision;
  }
  const reason = SUPPRESSION_REASONS.find((one) => suppressions.includes(one));
  if (reason !== undefined) return { kind: 'suppressed', reason };
  return consentStateOf(facts) === 'unsubscribed' ? { kind: 'denied' } : { kind: 'reachable' };
}

/**
 * What she said about a channel and topic, whether or not an address may be used. Without a topic of all marketing there: a
 * yes to any of it counts before one that waits, and that before a no.
 */
export function consentStateOf(facts: Omit<ChannelFacts, 'suppressions'>): ConsentState {
  const { channel, topic, standings, topics } = facts;
  if (topic !== undefined) return stateOfTopic({ ...facts, topic });
  const prefix = standingKey(channel, '');
  const said = [...standings.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  const states = said
    .filter((one) => one !== ALL_TOPICS && demandsOf(topics, one).isMarketing)
    .map((one) => stateOfTopic({ ...facts, topic: one }));
  const ofAll = standings.get(standingKey(channel, ALL_TOPICS));
  if (ofAll !== undefined && kindOfStanding(NOTHING_SAID, ofAll) === 'denied') states.push('unsubscribed');
  return STATES.find((state) => states.includes(state)) ?? 'never_asked';
}

const STATES: readonly ConsentState[] = ['subscribed', 'pending', 'unsubscribed'];

function stateOfTopic(facts: Omit<ChannelFacts, 'suppressions'> & { readonly topic: string }): ConsentState {
  const { channel, topic, standings, topics, addressHash = '' } = facts;
  const { consent, decision } = decidePermission({
    ...demandsOf(topics, topic),
    ofTopic: standings.get(standingKey(channel, topic)),
    ofAll: standings.get(standingKey(channel, ALL_TOPICS)),
    addressHash,
    suppressions: [],
  });
  switch (consent) {
    case 'granted':
      return decision.kind === 'permitted' ? 'subscribed' : 'pending';
    case 'denied':
      return 'unsubscribed';
    case 'pending':
      return 'pending';
    case 'unasked':
      return 'never_asked';
  }
}
