import type { SendRate } from './send-rate.ts';

/** At most `limitMax` marketing messages in any window of `windowMs`. */
export interface FrequencyCap {
  readonly limitMax: number;
  readonly windowMs: number;
}

/** A cap of some messages: of one channel, of one topic, of both, or of all of them. */
export interface ScopedCap extends FrequencyCap {
  readonly channel: string | undefined;
  readonly topic: string | undefined;
}

/** A stretch of the customer's own day, in minutes from midnight; over midnight when it ends before it begins, a whole day when both are the same. */
export interface QuietWindow {
  readonly fromMinute: number;
  readonly toMinute: number;
  /** The days it begins on, Monday is 0; undefined: every day. */
  readonly days: readonly number[] | undefined;
}

export interface QuietHours {
  readonly windows: readonly QuietWindow[];
  /** undefined: every channel. */
  readonly channels: readonly string[] | undefined;
  /** What becomes of a message that falls into them. */
  readonly action: 'hold' | 'refuse';
}

/** What a workspace set about when and how much it writes. Transactional topics are bound by `isPaused` alone. */
export interface SendPolicy {
  /** Nothing leaves, whatever its topic; what waits goes on waiting. */
  readonly isPaused: boolean;
  /** Per channel, whatever the topic. */
  readonly cap: FrequencyCap;
  /** Further caps; all of them hold. */
  readonly caps: readonly ScopedCap[];
  /** Of a message that a cap leaves no room for: `hold` waits until there is room again. */
  readonly whenCapped: 'hold' | 'refuse';
  /** For customers who asked to hear from us less often; of all channels together. */
  readonly lessOften: FrequencyCap;
  readonly quietHours: QuietHours | undefined;
  /** Between two marketing messages to one customer, whatever their channels; 0: none. */
  readonly minGapMs: number;
  /** So many of a hundred customers get no marketing at all, to show what it earns. */
  readonly holdoutPercent: number;
  /** How fast messages leave, whatever their topic; of a channel without one as fast as it takes them. */
  readonly rates: readonly SendRate[];
  /** A message that was held for longer since it was due is refused. */
  readonly holdMaxMs: number;
}

/** A shop that says nothing gets this: enough for a journey of an afternoon, too little to annoy. */
export const DEFAULT_POLICY: SendPolicy = {
  isPaused: false,
  cap: { limitMax: 5, windowMs: 24 * 3_600_000 },
  caps: [],
  whenCapped: 'refuse',
  lessOften: { limitMax: 1, windowMs: 7 * 24 * 3_600_000 },
  quietHours: undefined,
  minGapMs: 0,
  holdoutPercent: 0,
  rates: [],
  holdMaxMs: 48 * 3_600_000,
};
