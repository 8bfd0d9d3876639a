/** Stands for every topic that asks for opt-in, those made later included. Only denials use it. */
export const ALL_TOPICS = '*';

/** What a message is about. */
export interface Topic {
  readonly topic: string;
  readonly name: string;
  readonly description: string | null;
  /** Whether a message of this topic is forbidden until the customer said yes. */
  readonly requiresOptIn: boolean;
  /** Whether a yes counts only once it was confirmed from the mailbox it was given for. */
  readonly doubleOptIn: boolean;
  /** Whether it is suggested for a new message of its kind. */
  readonly isDefault: boolean;
}

/** What every workspace starts with. */
export const DEFAULT_TOPICS: readonly Topic[] = [
  {
    topic: 'marketing',
    name: 'News and offers',
    description: null,
    requiresOptIn: true,
    doubleOptIn: false,
    isDefault: true,
  },
  {
    topic: 'transactional',
    name: 'Orders and account',
    description: null,
    requiresOptIn: false,
    doubleOptIn: false,
    isDefault: true,
  },
];

/** What a topic asks for. One nobody defined asks for opt-in: what is unknown is not permitted. */
export function demandsOf(
  topics: ReadonlyMap<string, Topic>,
  topic: string,
): { readonly requiresOptIn: boolean; readonly requiresConfirmation: boolean } {
  const known = topics.get(topic) ?? DEFAULT_TOPICS.find((one) => one.topic === topic);
  return { requiresOptIn: known?.requiresOptIn ?? true, requiresConfirmation: known?.doubleOptIn ?? false };
}
