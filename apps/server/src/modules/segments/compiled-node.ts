import type {
  AggregateFunction,
  EventCount,
  LifecycleStage,
  NumberCondition,
  SegmentRule,
  ValueCondition,
} from '@segue/contract';

import type { Json } from '../../platform/json.ts';
import type { CompiledComputed } from './computed.ts';
import type { ValueTest } from './condition.ts';
import type { CompiledFact, FactLeaf } from './compile-fact.ts';
import type { LifecycleTimes } from './lifecycle/lifecycle-stage.ts';
import type { Fact } from './facts.ts';
import type { Leaf } from './leaf.ts';
import type { PickPeriod } from './leaves/pick.ts';
import type { Window, ZoneChoice } from './window.ts';

export type RelativeDateOp = 'withinLast' | 'notWithinLast' | 'withinNext';

/** What a value must be, of a trait at `steps` or of a computed one. */
export type ValueNode =
  | {
      readonly kind: 'trait';
      readonly steps: readonly string[];
      readonly condition: ValueCondition;
      readonly test: ValueTest;
    }
  | { readonly kind: 'date'; readonly steps: readonly string[]; readonly op: RelativeDateOp; readonly windowMs: number }
  | {
      readonly kind: 'anniversary';
      readonly steps: readonly string[];
      readonly days: number;
      readonly zone: ZoneChoice;
    };

/** A rule's node, ready to evaluate. Beside the closures each says as plain data what they mean. */
export type CompiledNode =
  | { readonly kind: 'all' | 'any'; readonly children: readonly CompiledNode[] }
  | { readonly kind: 'not'; readonly child: CompiledNode }
  | { readonly kind: 'everyone' }
  | ValueNode
  /** `of` reads the computed value, whatever its `steps` say. */
  | { readonly kind: 'computed'; readonly computed: CompiledComputed; readonly of: ValueNode }
  | {
      readonly kind: 'event';
      readonly leafKey: string;
      readonly window: Window;
      readonly count: EventCount;
      readonly holdsFor: (times: number) => boolean;
    }
  | {
      readonly kind: 'aggregate';
      readonly leafKey: string;
      readonly function: AggregateFunction;
      readonly window: Window;
      readonly condition: NumberCondition;
      readonly holdsFor: (value: Json | undefined) => boolean;
    }
  | { readonly kind: 'pick'; readonly leafKey: string; readonly which: 'last' | 'first'; readonly period: PickPeriod }
  | {
      readonly kind: 'sequence';
      readonly leafKey: string;
      /** Of each step: at most so long after the one before; infinite without limit. */
      readonly withinMs: readonly number[];
      readonly window: Window;
    }
  | { readonly kind: 'held'; readonly leafKey: string; readonly forMs: number; readonly isAtLeast: boolean }
  | {
      readonly kind: 'lifecycle';
      readonly leafKey: string;
      readonly times: LifecycleTimes;
      readonly holdsFor: (stage: LifecycleStage) => boolean;
    }
  | {
      /** Lots in [from, below) of 10,000. */
      readonly kind: 'bucket';
      readonly salt: string;
      readonly from: number;
      readonly below: number;
    }
  | ({ readonly kind: 'fact'; readonly leaf: FactLeaf } & CompiledFact);

export interface CompiledRule {
  readonly rule: SegmentRule;
  readonly root: CompiledNode;
  /** What must be remembered for it, by leaf key. */
  readonly leaves: ReadonlyMap<string, Leaf>;
  /** First steps of the trait paths it reads, without computed ones. */
  readonly traits: ReadonlySet<string>;
  /** What it reads that is neither trait nor event. */
  readonly facts: ReadonlySet<Fact>;
}
