const DAY_MS = 86_400_000;

/** A yes that nobody confirms lapses. */
export const CONFIRM_WITHIN_MS = 30 * DAY_MS;
/** Nobody is asked about the same topic again within this, whoever signs her up how often. */
export const ASK_AGAIN_MS = 7 * DAY_MS;
/** Nor is an address asked more often than this within that time, about whatever topics. */
export const ASKS_PER_ADDRESS_MAX = 3;

/** Whether to ask for a confirmation: not of what counts already, was taken back or has lapsed, nor again so soon. */
export function shouldAsk(
  pending: {
    readonly channel: string;
    /** Whether she is written to about it at this address already, on her own yes. */
    readonly counts: boolean;
    /** When she said yes: events of long ago arrive today, her no of yesterday before them. */
    readonly saidAt: number;
    /** When she said no to it last, or to all topics. */
    readonly deniedAt: number | undefined;
    /** When she was asked about this channel, topic and address before, in milliseconds. */
    readonly askedAt: readonly number[];
  },
  now: number,
): boolean {
  // The question goes by email: it proves the mailbox, not a telephone.
  if (pending.channel !== 'email') return false;
  if (isTakenBack(pending.deniedAt, pending.saidAt) || pending.saidAt <= now - CONFIRM_WITHIN_MS) return false;
  return !pending.counts && pending.askedAt.every((at) => at <= now - ASK_AGAIN_MS);
}

/** A no of the same instant is the last word. */
function isTakenBack(deniedAt: number | undefined, saidAt: number): boolean {
  return deniedAt !== undefined && deniedAt >= saidAt;
}

export interface Confirmation {
  readonly topic: string;
  /** When the yes was said that it asks about. */
  readonly saidAt: number;
  /** When she said no to it last, or to all topics. */
  readonly deniedAt: number | undefined;
  readonly expiresAt: number;
  readonly confirmedAt: number | undefined;
}

/**
 * Whether the message that asks may still go: only as long as there is something to confirm. `mailed` is what went to the
 * address for other confirmations; this one has one message, whose further attempts are the same question.
 */
export function canMail(
  confirmation: Confirmation | undefined,
  mailed: readonly { readonly topic: string; readonly at: number }[],
  now: number,
): { readonly kind: 'open' } | { readonly kind: 'closed'; readonly reason: string } {
  if (confirmation === undefined) return closed('nobody waits for this confirmation');
  if (confirmation.confirmedAt !== undefined) return closed('it is confirmed already');
  if (confirmation.expiresAt <= now) return closed('it has lapsed');
  if (isTakenBack(confirmation.deniedAt, confirmation.saidAt)) return closed('the yes was taken back');
  const recent = mailed.filter(({ at }) => at > now - ASK_AGAIN_MS);
  if (recent.some(({ topic }) => topic === confirmation.topic))
    return closed('this address was asked about this topic lately');
  if (recent.length >= ASKS_PER_ADDRESS_MAX) return closed('this address was asked too often lately');
  return { kind: 'open' };
}

function closed(reason: string): { readonly kind: 'closed'; readonly reason: string } {
  return { kind: 'closed', reason };
}
