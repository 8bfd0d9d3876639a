import type { EventCount, NumberCondition } from '@segue/contract';

import type { Json } from '../../platform/json.ts';

/**
 * Capacities a count can have. Rounding up lets rules with different thresholds share one state, and a state on disk never
 * turns out too short for a new rule of the same key.
 */
const CAPACITIES = [4, 16, 64, 256, 1024] as const;

/** n + 1 times tell "n" from "more than n". */
export function capacityFor(count: EventCount): number {
  const threshold = Math.max(1, ...Object.values(count).map((times) => times ?? 0));
  return CAPACITIES.find((capacity) => capacity > threshold) ?? CAPACITIES[CAPACITIES.length - 1]!;
}

/** Whether a count satisfies the leaf. */
export function compileCount(count: EventCount): (times: number) => boolean {
  const { atLeast, atMost, exactly, moreThan, lessThan } = count;
  if (atLeast !== undefined) return (times) => times >= atLeast;
  if (atMost !== undefined) return (times) => times <= atMost;
  if (exactly !== undefined) return (times) => times === exactly;
  if (moreThan !== undefined) return (times) => times > moreThan;
  return (times) => times < (lessThan ?? 0);
}

/** Whether a number is as a condition says; what is no number is in no comparison. */
export function compileNumber(condition: NumberCondition): (value: Json | undefined) => boolean {
  const holds = compileComparison(condition);
  return (value) => typeof value === 'number' && holds(value);
}

function compileComparison(condition: NumberCondition): (number: number) => boolean {
  switch (condition.op) {
    case 'atLeast':
      return (number) => number >= condition.value;
    case 'atMost':
      return (number) => number <= condition.value;
    case 'moreThan':
      return (number) => number > condition.value;
    case 'lessThan':
      return (number) => number < condition.value;
    case 'equals':
      return (number) => number === condition.value;
    case 'between': {
      const [least, most] = condition.value;
      return (number) => number >= least && number <= most;
    }
  }
}
