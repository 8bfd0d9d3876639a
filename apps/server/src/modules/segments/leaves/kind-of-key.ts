import type { LeafPlan } from '../leaf-plan.ts';
import { aggregateEverKind } from './aggregate-ever.ts';
import { aggregateWindowKind } from './aggregate-window.ts';
import { countKind } from './count.ts';
import { heldKind } from './held.ts';
import type { LeafKind } from './leaf-kind.ts';
import { pickKind } from './pick.ts';
import { sequenceKind } from './sequence.ts';
import type { TallyFunction } from './tally.ts';

/**
 * How a leaf remembers, as its key says it before the first dot, so that states can be kept without the rules they are of.
 * Count: `n4`, `q4x172800000`; aggregate: `asum`, `asumx3600000`; pick: `plast`, `pfirst`; sequence: `s0_60000_e` (the time to
 * the step before, e without limit); held: `h`.
 */
export function keyPrefix(plan: LeafPlan): string {
  switch (plan.kind) {
    case 'count':
      return 'newest' in plan.keep ? `n${plan.keep.newest}` : `q${plan.keep.perQuarter}x${plan.keep.spanMs}`;
    case 'aggregate':
      return `a${plan.function}${Number.isFinite(plan.windowMs) ? `x${plan.windowMs}` : ''}`;
    case 'pick':
      return `p${plan.which}`;
    case 'sequence':
      return `s${plan.steps.map(({ withinMs }) => (Number.isFinite(withinMs) ? withinMs : 'e')).join('_')}`;
    case 'held':
      return 'h';
  }
}

const kinds = new Map<string, LeafKind | undefined>();

/** How states under a leaf key are kept; undefined when no kind knows it: then they can only be built anew. */
export function kindOfKey(key: string): LeafKind | undefined {
  const prefix = key.slice(0, key.indexOf('.'));
  if (!kinds.has(prefix)) kinds.set(prefix, readPrefix(prefix));
  return kinds.get(prefix);
}

const PREFIX =
  /^(?:n(?<newest>\d+)|q(?<quarter>\d+)x(?<span>\d+)|a(?<of>count|sum|average|min|max|distinct|mostFrequent)(?:x(?<window>\d+))?|p(?<which>last|first)|s(?<steps>(?:\d+|e)(?:_(?:\d+|e))*)|(?<held>h))$/;

function readPrefix(prefix: string): LeafKind | undefined {
  const said = PREFIX.exec(prefix)?.groups;
  if (said === undefined) return undefined;
  const { newest, quarter, span, of, window, which, steps } = said;
  if (newest !== undefined) return countKind({ newest: Number(newest) });
  if (quarter !== undefined) return countKind({ perQuarter: Number(quarter), spanMs: Number(span) });
  if (of !== undefined) {
    const kind = of as TallyFunction;
    return window === undefined ? aggregateEverKind(kind) : aggregateWindowKind(kind, Number(window));
  }
  if (which !== undefined) return pickKind(which as 'last' | 'first');
  if (steps !== undefined) return sequenceKind(steps.split('_').map((ms) => (ms === 'e' ? Infinity : Number(ms))));
  return heldKind;
}
