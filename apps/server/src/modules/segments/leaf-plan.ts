import type { AggregateFunction, ClockTime, ComputedFunction, EventFilter, Path, Scalar } from '@segue/contract';

/** Events that count for something: what the evaluator hears and what a query of the history selects. Plain data. */
export interface EventSource {
  readonly type: string;
  /** `undefined` and no prefix: any name. */
  readonly name?: string;
  /** Names that begin with this ("cart." of `cart.*`). */
  readonly prefix?: string;
  readonly filters: readonly EventFilter[];
  /** Of each filter: the hashes by which a sealed property passes it; undefined: what it asks for is never sealed. */
  readonly blind: readonly (readonly string[] | undefined)[];
  /** When on the clock; its zone resolved: an IANA name, or `customer` with what stands in for a missing one. */
  readonly at?: Omit<ClockTime, 'zone'> & { readonly zone: string; readonly isCustomers: boolean };
  /** Only events in [fromMs, untilMs) count; infinite where there is no bound. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** How long times are remembered that a count needs. */
export type Keep =
  /** Every time that has yet to come, and so many of the newest that have. */
  | { readonly newest: number }
  /** As many of the newest within each quarter of an hour (no zone's day begins elsewhere), as far back as `spanMs`. */
  | { readonly perQuarter: number; readonly spanMs: number };

/** What is remembered of a profile for one leaf, shared by all leaves that remember the same. Plain data. */
export type LeafPlan =
  | { readonly kind: 'count'; readonly source: EventSource; readonly keep: Keep }
  | {
      /** `windowMs` is infinite for what never leaves. `count` and `mostFrequent` serve computed traits. */
      readonly kind: 'aggregate';
      readonly source: EventSource;
      readonly function: AggregateFunction | Extract<ComputedFunction, 'count' | 'mostFrequent'>;
      readonly property?: Path;
      readonly windowMs: number;
    }
  | {
      /** The newest or oldest event, and of it whether `having` holds or what `property` is. */
      readonly kind: 'pick';
      readonly which: 'last' | 'first';
      readonly source: EventSource;
      readonly having: readonly EventFilter[];
      readonly property?: Path;
    }
  | {
      readonly kind: 'sequence';
      readonly steps: readonly {
        readonly source: EventSource;
        readonly withinMs: number;
        readonly without?: EventSource;
      }[];
    }
  | {
      /** Every time this trait was said, and what: never of personal traits. */
      readonly kind: 'held';
      readonly trait: readonly string[];
      readonly value: Scalar;
    };
