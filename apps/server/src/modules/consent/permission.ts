/** What a customer said about one channel and topic, and counts. */
export type ConsentStatus = 'granted' | 'denied';

/** As it is recorded: what is pending waits for her confirmation and counts as nothing. */
export type RecordStatus = ConsentStatus | 'pending';

export interface Word {
  readonly status: ConsentStatus;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
  /** Whether it was said from the mailbox itself. */
  readonly isConfirmed: boolean;
}

export type SuppressionReason = 'hard_bounce' | 'complaint' | 'unsubscribe_all' | 'manual';

/** Gravest first: the reason told when an address has several. */
export const SUPPRESSION_REASONS: readonly SuppressionReason[] = [
  'complaint',
  'hard_bounce',
  'unsubscribe_all',
  'manual',
];

/** The last word of two. Of one instant the denial is the last, so that the order of arrival never matters. */
export function lastWord<W extends Word>(a: W | undefined, b: W | undefined): W | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.occurredAt !== b.occurredAt) return a.occurredAt > b.occurredAt ? a : b;
  if (a.status !== b.status) return a.status === 'denied' ? a : b;
  return a.isConfirmed ? a : b;
}

/** What a yes or no is recorded as: a yes that has to be confirmed, and was not, is pending. */
export function statusToRecord(
  said: { readonly status: ConsentStatus; readonly isConfirmed: boolean; readonly asksConfirmation: boolean },
  topic: { readonly requiresConfirmation: boolean },
): RecordStatus {
  if (said.status === 'denied' || said.isConfirmed) return said.status;
  return topic.requiresConfirmation || said.asksConfirmation ? 'pending' : 'granted';
}

export type PermissionDecision =
  | { readonly kind: 'permitted'; readonly basis: 'consent' | 'no_opt_in_needed' }
  | { readonly kind: 'suppressed'; readonly reason: SuppressionReason }
  | { readonly kind: 'denied' }
  /** She said yes, but the topic needs a confirmed one. */
  | { readonly kind: 'unconfirmed' }
  /** Never asked, and the topic needs a yes. */
  | { readonly kind: 'unasked' };

export interface Permission {
  readonly consent: ConsentStatus | 'unasked';
  readonly requiresOptIn: boolean;
  readonly suppression: SuppressionReason | undefined;
  readonly decision: PermissionDecision;
}

export interface PermissionFacts {
  readonly requiresOptIn: boolean;
  readonly requiresConfirmation: boolean;
  /** The last word on this very topic. */
  readonly ofTopic: Word | undefined;
  /** The last word on all topics at once. */
  readonly ofAll: Word | undefined;
  readonly suppressions: readonly SuppressionReason[];
}

/** Whether a message may go: a suppressed address never, a denied topic never, else a yes or no need of one. */
export function decidePermission(facts: PermissionFacts): Permission {
  const word = facts.requiresOptIn ? lastWord(facts.ofTopic, facts.ofAll) : facts.ofTopic;
  const consent = word?.status ?? 'unasked';
  const suppression = SUPPRESSION_REASONS.find((reason) => facts.suppressions.includes(reason));
  const found = { consent, requiresOptIn: facts.requiresOptIn, suppression } as const;
  if (suppression !== undefined) return { ...found, decision: { kind: 'suppressed', reason: suppression } };
  if (consent === 'denied') return { ...found, decision: { kind: 'denied' } };
  if (consent === 'granted') {
    const isEnough = !facts.requiresConfirmation || word?.isConfirmed === true;
    return { ...found, decision: isEnough ? { kind: 'permitted', basis: 'consent' } : { kind: 'unconfirmed' } };
  }
  if (facts.requiresOptIn) return { ...found, decision: { kind: 'unasked' } };
  return { ...found, decision: { kind: 'permitted', basis: 'no_opt_in_needed' } };
}
