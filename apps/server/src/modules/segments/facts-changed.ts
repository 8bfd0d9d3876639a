import type { Fact } from './facts.ts';

/** Derived traits that facts follow from beside what is noted under their own names. */
const FOLLOWS_FROM: Readonly<Record<string, Fact>> = { location: '$place', $reachable: '$lifecycle' };

/** Those of the facts that rules read that may be others now, by the names of what changed. Pure. */
export function factsChanged(read: ReadonlySet<Fact>, changed: ReadonlySet<string>): readonly Fact[] {
  return [...read].filter((fact) => changed.has(fact) || [...changed].some((name) => FOLLOWS_FROM[name] === fact));
}
