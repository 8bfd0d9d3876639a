import { describe, expect, it } from 'vitest';
import { type ChannelFacts, consentStateOf, decideReachability } from './reachability.ts';
import { DEFAULT_TOPICS } from './topic.ts';
import { hearWords } from './weigh-words.ts';

type Word = Parameters<typeof hearWords>[1][number];

const said = (...words: [topic: string, status: Word['status']][]) =>
  hearWords(
    new Map(),
    words.map(([topic, status], at) => ({
      recordId: String(at),
      occurredAt: at,
      channel: 'email',
      topic,
      status,
      isConfirmed: false,
      addressHash: undefined,
    })),
  );
const facts = (change: Partial<ChannelFacts> = {}): ChannelFacts => ({
  channel: 'email',
  addressHash: 'a',
  suppressions: [],
  standings: new Map(),
  topics: new Map(DEFAULT_TOPICS.map((topic) => [topic.topic, topic])),
  ...change,
});

describe('whether a message could go out', () => {
  it('says the first thing that is in the way', () => {
    const suppressions = ['manual', 'complaint'] as const;
    expect(decideReachability(facts({ addressHash: undefined, suppressions }))).toEqual({ kind: 'no_address' });
    expect(decideReachability(facts({ suppressions }))).toEqual({ kind: 'suppressed', reason: 'complaint' });
    const denied = said(['*', 'denied']);
    expect(decideReachability(facts({ standings: denied }))).toEqual({ kind: 'denied' });
    expect(decideReachability(facts())).toEqual({ kind: 'reachable' });
  });

  it('on a topic is what the gate decides for it', () => {
    const topic = 'marketing';
    expect(decideReachability(facts({ topic }))).toEqual({ kind: 'unasked' });
    expect(decideReachability(facts({ topic: 'transactional' }))).toEqual({ kind: 'reachable' });
    expect(decideReachability(facts({ topic, standings: said([topic, 'pending']) }))).toEqual({ kind: 'unconfirmed' });
    expect(decideReachability(facts({ topic, standings: said([topic, 'granted']) }))).toEqual({ kind: 'reachable' });
    const takenBack = said([topic, 'granted'], ['*', 'denied']);
    expect(decideReachability(facts({ topic, standings: takenBack }))).toEqual({ kind: 'denied' });
    expect(decideReachability(facts({ topic: 'transactional', standings: takenBack }))).toEqual({ kind: 'reachable' });
  });
});

describe('what she said about a whole channel', () => {
  it('is yes where she said yes to anything since she said no to everything', () => {
    const states = [
      [said(), 'never_asked'],
      [said(['transactional', 'denied']), 'never_asked'],
      [said(['news', 'denied']), 'unsubscribed'],
      [said(['news', 'denied'], ['sale', 'pending']), 'pending'],
      [said(['news', 'pending'], ['sale', 'granted']), 'subscribed'],
      [said(['sale', 'granted'], ['*', 'denied']), 'unsubscribed'],
      [said(['*', 'denied'], ['sale', 'granted']), 'subscribed'],
    ] as const;
    for (const [standings, state] of states) expect(consentStateOf(facts({ standings }))).toBe(state);
  });
});
