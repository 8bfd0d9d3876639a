import type { ConsentStatus, RecordStatus } from './consent-status.ts';
import type { Demands } from './topic.ts';
import {
  type Grant,
  kindOfStanding,
  later,
  NOTHING_SAID,
  type Standing,
  type StandingKind,
  type Weight,
} from './weigh-words.ts';

/** Why a message may go at all. */
export type LegalBasis = 'marketing' | 'transactional';

export type SuppressionReason = 'hard_bounce' | 'complaint' | 'unsubscribe_all' | 'manual';

/** Gravest first: the reason told when an address has several. */
export const SUPPRESSION_REASONS: readonly SuppressionReason[] = [
  'complaint',
  'hard_bounce',
  'unsubscribe_all',
  'manual',
];

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
  /** She said yes, but not yet, or not for this address, in the way that is asked for. */
  | { readonly kind: 'unconfirmed' }
  /** Never asked, and the topic needs a yes. */
  | { readonly kind: 'unasked' };

export interface Permission {
  readonly consent: StandingKind;
  /** Whether messages of this topic are marketing: they are counted, paused and carry an unsubscribe link. */
  readonly isMarketing: boolean;
  readonly suppression: SuppressionReason | undefined;
  readonly decision: PermissionDecision;
  /** The record behind it; undefined when nothing was said. */
  readonly recordId: string | undefined;
}

export interface PermissionFacts extends Demands {
  /** What counts of this very topic. */
  readonly ofTopic: Standing | undefined;
  /** What counts of all topics at once: only a no. */
  readonly ofAll: Standing | undefined;
  /** Whom the message would go to. */
  readonly addressHash: string;
  readonly suppressions: readonly SuppressionReason[];
}

/**
 * Whether a message may go to an address: a suppressed one never, a denied topic never, else a yes that holds for this
 * address, or no need of one. A yes confirmed for one address permits no other.
 */
export function decidePermission(facts: PermissionFacts): Permission {
  const own = facts.ofTopic ?? NOTHING_SAID;
  const ofAll = facts.isMarketing ? facts.ofAll : undefined;
  const consent = kindOfStanding(own, ofAll);
  const suppression = SUPPRESSION_REASONS.find((reason) => facts.suppressions.includes(reason));
  const deniedAt = Math.max(own.denial?.at ?? -Infinity, ofAll?.denial?.at ?? -Infinity);
  const grants = own.grants.filter((grant) => grant.at > deniedAt);
  const fitting = grants.filter((grant) => fits(grant, facts));
  const recordId = behind({ consent, own, ofAll, grants: fitting.length > 0 ? fitting : grants })?.recordId;
  const found = { consent, isMarketing: facts.isMarketing, suppression, recordId } as const;
  return { ...found, decision: decisionOf(facts, { consent, suppression, isFitting: fitting.length > 0 }) };
}

function decisionOf(
  facts: PermissionFacts,
  found: { consent: StandingKind; suppression: SuppressionReason | undefined; isFitting: boolean },
): PermissionDecision {
  const { suppression, consent } = found;
  if (suppression !== undefined) return { kind: 'suppressed', reason: suppression };
  switch (consent) {
    case 'denied':
      return { kind: 'denied' };
    case 'unasked':
      return facts.silence === 'opt_out' ? { kind: 'permitted', basis: 'no_opt_in_needed' } : { kind: 'unasked' };
    case 'pending':
      return { kind: 'unconfirmed' };
    case 'granted':
      return found.isFitting ? { kind: 'permitted', basis: 'consent' } : { kind: 'unconfirmed' };
  }
}

function fits(grant: Grant, { requiresConfirmation, addressHash }: PermissionFacts): boolean {
  if (grant.addressHash === addressHash) return !requiresConfirmation || grant.isConfirmed;
  return grant.addressHash === undefined && !requiresConfirmation;
}

function behind(found: {
  consent: StandingKind;
  own: Standing;
  ofAll: Standing | undefined;
  grants: readonly Grant[];
}): Weight | undefined {
  const { own, ofAll } = found;
  const newest = (...weights: readonly (Weight | undefined)[]) =>
    weights.reduce<Weight | undefined>((a, b) => (b === undefined ? a : later(a, b)), undefined);
  if (found.consent === 'granted') return newest(...found.grants);
  return found.consent === 'pending' ? own.pending : newest(own.denial, ofAll?.denial);
}
