import type { Json } from '../../platform/json.ts';

/** What a rule reads of an event; an event of the log fits as it is. */
export interface RuleEvent {
  readonly type: string;
  readonly name: string;
  /** Milliseconds since the epoch, by the customer's clock as corrected at intake. */
  readonly occurredAt: number;
  readonly payload: {
    readonly properties?: { readonly [key: string]: Json };
    readonly traits?: { readonly [key: string]: Json };
    readonly context?: { readonly [key: string]: Json };
    readonly blind?: { readonly [property: string]: readonly string[] };
    readonly replayOf?: ReplayedPlace;
  };
}

/** Where an event stood first that is processed again after it was a dead letter: log, lane, seq, failures. */
export type ReplayedPlace = readonly [log: number, lane: number, seq: number, failures: number];

/** A profile's traits, looked up by path; `undefined` when absent. */
export interface TraitsView {
  get(path: readonly string[]): Json | undefined;
}

/** What Segue itself says of a customer ("Email Opened") is counted like what the shop tracks. */
export function asRuleEvent(event: RuleEvent): RuleEvent {
  return event.type === 'internal' ? { ...event, type: 'track' } : event;
}
