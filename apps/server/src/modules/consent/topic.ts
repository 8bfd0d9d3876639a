/** Stands for every topic that asks for opt-in, those made later included. Only denials use it. */
export const ALL_TOPICS = '*';

/** What a message is about. */
export interface Topic {
  readonly topic: string;
  readonly name: string;
  /** Whether a message of this topic is forbidden until the customer said yes. */
  readonly requiresOptIn: boolean;
}

/** What every workspace starts with. */
export const DEFAULT_TOPICS: readonly Topic[] = [
  { topic: 'marketing', name: 'News and offers', requiresOptIn: true },
  { topic: 'transactional', name: 'Orders and account', requiresOptIn: false },
];

/** A topic nobody defined asks for opt-in: what is unknown is not permitted. */
export function requiresOptIn(topics: ReadonlyMap<string, Topic>, topic: string): boolean {
  const known = topics.get(topic) ?? DEFAULT_TOPICS.find((one) => one.topic === topic);
  return known?.requiresOptIn ?? true;
}
