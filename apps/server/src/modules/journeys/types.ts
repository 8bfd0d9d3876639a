import type { PromotedProduct, RunReason } from '@segue/contract';

import type { LoggedEvent, NodeRef } from '../../platform/eventlog/index.ts';
import type { JsonObject } from '../../platform/json.ts';

/** What a journey hears of an event; an event of the log fits as it is. */
export type HeardEvent = Pick<LoggedEvent, 'type' | 'name' | 'occurredAt' | 'payload' | 'log' | 'lane' | 'seq'>;

/** `new` has not entered yet and is never stored; `watching` has ended its path, while goal and exits still count. */
export type RunState = 'new' | 'waiting' | 'watching' | 'ended';

/** Arrival at a step: which, the instant it counts from, and the one cause that was used up for it. */
export type Move = readonly [stepId: string, atMs: number, cause: string];

/** One profile's passage through one version of a journey. Times are milliseconds since the epoch. */
export interface JourneyRun {
  readonly id: string;
  readonly journeyId: string;
  readonly version: number;
  readonly profileId: string;
  /** '' when the journey has no key. */
  readonly key: string;
  readonly state: RunState;
  /** The step it waits at. */
  readonly stepId: string | null;
  /** The instant the present step counts from: a cause's own time, not the time it was processed. */
  readonly atMs: number;
  readonly wakeAt: number | null;
  readonly enteredAt: number;
  readonly endedAt: number | null;
  readonly reason: RunReason | null;
  readonly goalAt: number | null;
  /** What branches and templates need of the entry event. */
  readonly properties: JsonObject;
  readonly path: readonly Move[];
  /** Of the event that began it: the run goes where this node goes. Null: it began before this was kept. */
  readonly node: NodeRef | null;
}

/** What the world looked like at the instant of an input; recorded with it, a run can be replayed. */
export interface Facts {
  /** The journey is paused: runs stop before the next send. */
  readonly isHeld: boolean;
  /** Public ids of the segments asked about that hold the profile. */
  readonly segments: readonly string[];
  readonly traits: JsonObject;
  /** Newest remembered time of what the graph listens to, by slot, as far as it concerns this run's key. */
  readonly recalled: Readonly<Record<string, number>>;
}

export type RunInput = { readonly now: number; readonly facts: Facts } & (
  | { readonly kind: 'entered'; readonly event: HeardEvent; readonly key: string }
  | { readonly kind: 'event'; readonly event: HeardEvent }
  | { readonly kind: 'segmentChanged'; readonly event: HeardEvent }
  | { readonly kind: 'woke'; readonly wakeAt: number }
  | { readonly kind: 'stopped'; readonly reason: 'restarted' | 'archived' }
  | { readonly kind: 'merged'; readonly into: string; readonly isKept: boolean }
);
export type InputKind = RunInput['kind'];
export type InputOf<K extends InputKind> = Extract<RunInput, { kind: K }>;

export interface SendEffect {
  readonly kind: 'send';
  /** `runId:stepId:visit`: the same for the same visit of a step, however often it is computed. */
  readonly intentKey: string;
  readonly stepId: string;
  readonly channel: 'email';
  readonly templateId: string;
  readonly topic: string;
  readonly variables: JsonObject;
  /** What the message invites to buy. */
  readonly products: readonly PromotedProduct[];
}

export type RunEffect =
  | SendEffect
  | {
      readonly kind: 'emit';
      readonly name: 'Journey Entered' | 'Journey Exited';
      readonly occurredAt: number;
      readonly reason: RunReason | null;
    }
  | { readonly kind: 'wait'; readonly wakeAt: number };

export interface Turn {
  readonly run: JourneyRun;
  readonly effects: readonly RunEffect[];
}
