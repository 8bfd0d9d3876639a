/** Stands for every marketing topic, whether silence permits it or not, those made later included. Only denials use it. */
export const ALL_TOPICS = '*';

/** What a message is about. */
export interface Topic {
  readonly topic: string;
  readonly name: string;
  readonly description: string | null;
  /** Why its messages may go at all: as marketing, or because of an order or an account. */
  readonly isMarketing: boolean;
  /** What holds of who never said anything: `opt_in` forbids, `opt_out` permits, where the law allows that. */
  readonly silence: 'opt_in' | 'opt_out';
  /** Whether a yes counts only once it was confirmed from the mailbox it was given for. */
  readonly doubleOptIn: boolean;
  /** Whether it is suggested for a new message of its kind. */
  readonly isDefault: boolean;
}

/** What a topic asks for. */
export interface Demands {
  readonly isMarketing: boolean;
  readonly silence: 'opt_in' | 'opt_out';
  readonly requiresConfirmation: boolean;
}

/** What every workspace starts with. */
export const DEFAULT_TOPICS: readonly Topic[] = [
  {
    topic: 'marketing',
    name: 'News and offers',
    description: null,
    isMarketing: true,
    silence: 'opt_in',
    doubleOptIn: false,
    isDefault: true,
  },
  {
    topic: 'transactional',
    name: 'Orders and account',
    description: null,
    isMarketing: false,
    silence: 'opt_out',
    doubleOptIn: false,
    isDefault: true,
  },
];

/** What a topic asks for. One nobody defined is marketing and asks for opt-in: what is unknown is not permitted. */
export function demandsOf(topics: ReadonlyMap<string, Topic>, topic: string): Demands {
  const known = topics.get(topic) ?? DEFAULT_TOPICS.find((one) => one.topic === topic);
  return {
    isMarketing: known?.isMarketing ?? true,
    silence: known?.silence ?? 'opt_in',
    requiresConfirmation: known?.doubleOptIn ?? false,
  };
}
