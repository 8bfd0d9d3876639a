import type { PresentedReach, UnreachableReason } from '@segue/contract';
import type { Reachability } from './reachability.ts';

/** What holds messages back beside what she said and which addresses must not be used. */
export interface Hindrances {
  /** Segue can send on this channel. */
  readonly hasSender: boolean;
  readonly isRestricted: boolean;
  /** She objected to profiling, and the message is marketing that a journey chose. */
  readonly isObjected: boolean;
  /** She paused marketing, and the message is marketing. */
  readonly isPaused: boolean;
}

const SENTENCES: Readonly<Record<UnreachableReason, string>> = {
  no_sender: 'Nothing can be sent on this channel yet.',
  restricted: 'She asked that nothing be done with her data.',
  no_address: 'She has no address on this channel.',
  'suppressed:complaint': 'Her address reported a message as spam.',
  'suppressed:hard_bounce': 'Her address does not exist: a message came back.',
  'suppressed:unsubscribe_all': 'Her address was unsubscribed from everything.',
  'suppressed:manual': 'Her address was blocked by hand.',
  denied: 'She said no to messages of this topic.',
  unconfirmed: 'She said yes, but did not confirm it for this address.',
  not_opted_in: 'She never said yes to messages of this topic, and it needs a yes.',
  objected: 'She objected to being profiled for marketing.',
  paused: 'She paused marketing for a while.',
};

/**
 * Whether a message would go out, by the order in which the policy gate asks: the first thing in the way is the reason. Caps
 * are left out: they depend on the moment of sending.
 */
export function decideReach(reachability: Reachability, hindrances: Hindrances): PresentedReach {
  const reason = reasonOf(reachability, hindrances);
  const sentence = reason === null ? 'A message would go out.' : SENTENCES[reason];
  return { isReachable: reason === null, reason, sentence };
}

function reasonOf(reachability: Reachability, hindrances: Hindrances): UnreachableReason | null {
  if (!hindrances.hasSender) return 'no_sender';
  if (hindrances.isRestricted) return 'restricted';
  switch (reachability.kind) {
    case 'suppressed':
      return `suppressed:${reachability.reason}`;
    case 'unasked':
      return 'not_opted_in';
    case 'no_address':
    case 'denied':
    case 'unconfirmed':
      return reachability.kind;
    case 'reachable':
      if (hindrances.isObjected) return 'objected';
      return hindrances.isPaused ? 'paused' : null;
  }
}
