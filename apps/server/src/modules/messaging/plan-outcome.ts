import type { DeliveryOutcome } from './channels/channel.ts';
import type { OutcomeWrite } from './outcome-store.ts';

const MINUTE_MS = 60_000;
/** Half a minute to eight hours: a provider's bad night is outlived, yesterday's reminder is not sent tomorrow. */
const RETRY_DELAYS_MS = [0.5, 2, 10, 30, 60, 120, 240, 480].map((minutes) => minutes * MINUTE_MS);

export interface PlannedOutcome {
  readonly write: OutcomeWrite;
  /** Nothing can have reached the customer: what was counted against the cap is given back. */
  readonly givesBack: boolean;
  /** The address itself is bad. */
  readonly isBounce: boolean;
}

/** What one attempt's outcome means for its message. `attempt` counts from 1. */
export function planOutcome(
  id: string,
  outcome: DeliveryOutcome,
  at: { attempt: number; now: number },
): PlannedOutcome {
  const { attempt, now } = at;
  const end = (status: 'sent' | 'failed' | 'unknown', reason: string): OutcomeWrite => ({
    id,
    status,
    reason,
    nextAttemptAt: undefined,
    moment: { at: now, what: status, reason, attempt },
  });
  switch (outcome.kind) {
    case 'accepted':
      return { write: end('sent', outcome.reason), givesBack: false, isBounce: false };
    case 'unknown':
      return { write: end('unknown', outcome.reason), givesBack: false, isBounce: false };
    case 'rejected':
      return {
        write: end('failed', `${outcome.by}: ${outcome.reason}`),
        givesBack: true,
        isBounce: outcome.by === 'recipient',
      };
    case 'deferred': {
      const delayMs = RETRY_DELAYS_MS[attempt - 1];
      if (delayMs === undefined) {
        return {
          write: end('failed', `gave up after ${attempt} attempts: ${outcome.reason}`),
          givesBack: true,
          isBounce: false,
        };
      }
      const { reason } = outcome;
      const moment = { at: now, what: 'retry', reason, attempt } as const;
      return {
        write: { id, status: 'queued', reason, nextAttemptAt: now + delayMs, moment },
        givesBack: true,
        isBounce: false,
      };
    }
  }
}
