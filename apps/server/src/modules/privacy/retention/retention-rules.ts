import type { Duration, EventLeaf, RetentionRule, SegmentRule } from '@segue/contract';
import type { EventNames } from '../../events/index.ts';

const DAY_MS = 86_400_000;

export function namesOf({ name }: Pick<RetentionRule, 'name'>): EventNames {
  const isBeginning = name.endsWith('*');
  return { text: isBeginning ? name.slice(0, -1) : name, isBeginning };
}

/** The rule that decides about an event: the first that fits. Undefined: it is kept for ever. */
export function ruleFor(
  rules: readonly RetentionRule[],
  event: { type: string; name: string },
): RetentionRule | undefined {
  return rules.find((rule) => rule.type === event.type && fits(namesOf(rule), event.name));
}

function fits({ text, isBeginning }: EventNames, name: string): boolean {
  return isBeginning ? name.startsWith(text) : name === text;
}

/** What a segment counts and how far it looks back. */
export interface LookBack {
  readonly type: string;
  /** Undefined: any name. */
  readonly name: string | undefined;
  /** Undefined: without end. */
  readonly withinMs: number | undefined;
}

/** Every event a segment's rule counts. */
export function lookBacksOf(rule: SegmentRule, durationMs: (duration: Duration) => number): LookBack[] {
  if ('all' in rule) return rule.all.flatMap((inner) => lookBacksOf(inner, durationMs));
  if ('any' in rule) return rule.any.flatMap((inner) => lookBacksOf(inner, durationMs));
  if ('not' in rule) return lookBacksOf(rule.not, durationMs);
  if ('trait' in rule) return [];
  return [lookBackOf(rule, durationMs)];
}

function lookBackOf(leaf: EventLeaf, durationMs: (duration: Duration) => number): LookBack {
  const { type, name } = typeof leaf.event === 'string' ? { type: 'track', name: leaf.event } : leaf.event;
  return { type, name, withinMs: leaf.within === undefined ? undefined : durationMs(leaf.within) };
}

/** The shortest keeping that takes something a look back counts; undefined when nothing does. */
export function shortening(rules: readonly RetentionRule[], look: LookBack): RetentionRule | undefined {
  const decisive = look.name === undefined ? rules : [ruleFor(rules, { type: look.type, name: look.name })];
  const short = decisive.filter(
    (rule) =>
      rule !== undefined &&
      rule.type === look.type &&
      (look.withinMs === undefined || look.withinMs > rule.keepDays * DAY_MS),
  ) as RetentionRule[];
  return short.toSorted((a, b) => a.keepDays - b.keepDays)[0];
}
