import { type SegmentRule, spellRulePath } from '@segue/contract';

import type { RuleFault } from './rule-faults.ts';

/** A rule with the rules of the segments it asks for in their places must not come to more. */
export const INLINED_NODES_MAX = 2_000;

interface NamedRule {
  readonly name: string;
  readonly rule: SegmentRule;
}

/** The segments there are, with their newest rules, by public id. */
export type NamedRules = ReadonlyMap<string, NamedRule>;

/**
 * Circles that a rule would make, each named by the segments it goes through, and rules that would come to too many
 * nodes: this one, and those that ask for it. `id`: the segment that is given the rule; undefined: a new one. Pure.
 */
export function findReferenceFaults(
  rule: SegmentRule,
  { id, segments }: { readonly id: string | undefined; readonly segments: NamedRules },
): RuleFault[] {
  const ruleOf = (other: string): SegmentRule | undefined => (other === id ? rule : segments.get(other)?.rule);
  const circle = id === undefined ? undefined : findCircle(rule, { id, ruleOf });
  if (circle !== undefined) {
    const field = spellRulePath(circle.place);
    const named = circle.way.map((other) => `"${segments.get(other)?.name ?? other}"`).join(' -> ');
    const remedy = `the segments would ask for each other in a circle: ${named}; take one of them out`;
    return [{ field, message: `${field}: ${remedy}` }];
  }
  return findSizeFaults(rule, { id, segments, ruleOf });
}

type Place = readonly (string | number)[];
type RuleOf = (id: string) => SegmentRule | undefined;

interface Circle {
  /** Of the node it begins with. */
  readonly place: Place;
  readonly way: readonly string[];
}

/** The way from a segment over others back to itself. */
function findCircle(rule: SegmentRule, { id, ruleOf }: { id: string; ruleOf: RuleOf }): Circle | undefined {
  const seen = new Set<string>();
  const ways: Circle[] = references(rule).map(({ id: first, place }) => ({ place, way: [id, first] }));
  for (let circle = ways.shift(); circle !== undefined; circle = ways.shift()) {
    const { place, way } = circle;
    const last = way.at(-1)!;
    if (last === id) return circle;
    if (seen.has(last)) continue;
    seen.add(last);
    const further = ruleOf(last);
    if (further !== undefined) for (const next of references(further)) ways.push({ place, way: [...way, next.id] });
  }
  return undefined;
}

function findSizeFaults(
  rule: SegmentRule,
  { id, segments, ruleOf }: { id: string | undefined; segments: NamedRules; ruleOf: RuleOf },
): RuleFault[] {
  const sizes = new Map<string, number>();
  const sizeOf = (other: string): number => {
    const known = sizes.get(other);
    if (known !== undefined) return known;
    const found = ruleOf(other);
    const size = found === undefined ? 1 : countNodes(found, sizeOf);
    sizes.set(other, size);
    return size;
  };
  const size = countNodes(rule, sizeOf);
  if (size > INLINED_NODES_MAX) return [tooLarge('the rule', size)];
  if (id === undefined) return [];
  return [...segments]
    .filter(([other]) => other !== id && sizeOf(other) > INLINED_NODES_MAX)
    .map(([other, { name }]) => tooLarge(`"${name}", which asks for this segment,`, sizeOf(other)));
}

function tooLarge(whose: string, size: number): RuleFault {
  const message = `rule: ${whose} would come to ${size} nodes with those of the segments it asks for; make it at most ${INLINED_NODES_MAX}`;
  return { field: 'rule', message };
}

function countNodes(rule: SegmentRule, sizeOf: (id: string) => number): number {
  const total = (nodes: readonly SegmentRule[]) => nodes.reduce((sum, node) => sum + countNodes(node, sizeOf), 1);
  if ('all' in rule) return total(rule.all);
  if ('any' in rule) return total(rule.any);
  if ('not' in rule) return total([rule.not]);
  if ('sequence' in rule) return rule.sequence.length;
  return 'segment' in rule ? sizeOf(rule.segment) : 1;
}

function references(rule: SegmentRule, place: Place = []): readonly { id: string; place: Place }[] {
  const within = (nodes: readonly SegmentRule[], key: string) =>
    nodes.flatMap((node, index) => references(node, [...place, key, index]));
  if ('all' in rule) return within(rule.all, 'all');
  if ('any' in rule) return within(rule.any, 'any');
  if ('not' in rule) return references(rule.not, [...place, 'not']);
  return 'segment' in rule ? [{ id: rule.segment, place: [...place, 'segment'] }] : [];
}
