import {
  type ComputedTraitRule,
  type EventFilter,
  type EventMatch,
  type LifecycleSettings,
  type Path,
  type SegmentRule,
  spellRulePath,
  type TraitLeaf,
  type ValueCondition,
} from '@segue/contract';
import { RE2JSSyntaxException } from 're2js';

import { BLIND_CHARS_MAX, isPersonalPath } from '../events/index.ts';
import { pathSteps } from './path.ts';
import { compilePattern } from './pattern.ts';

type Place = readonly (string | number)[];

/** What is wrong with a node, by its place, and what to do about it. */
export interface RuleFault {
  readonly field: string;
  readonly message: string;
}

/** What only the server knows about what rules name. */
export interface RuleNames {
  /** Whether a trait of this name is kept sealed. */
  readonly isPersonalTrait: (name: string) => boolean;
  /** Names of traits nobody says: they follow from events. */
  readonly derivedTraits: ReadonlySet<string>;
  /** Public ids of the manual lists there are. */
  readonly lists: ReadonlySet<string>;
  /** Public ids of the segments there are. */
  readonly segments: ReadonlySet<string>;
  readonly topics: ReadonlySet<string>;
  readonly unknownTopic: string;
}

type Refuse = (place: Place, remedy: string) => void;

/** Whatever a rule that passed its schema asks in vain. Pure. */
export function findRuleFaults(rule: SegmentRule, names: RuleNames): RuleFault[] {
  const { faults, refuse } = createFaults();
  findNodeFaults(rule, { place: [], names, refuse });
  return faults;
}

/** The same of what a computed trait comes from. Pure. */
export function findComputedTraitFaults(rule: ComputedTraitRule): RuleFault[] {
  const { faults, refuse } = createFaults();
  findMatchFaults(rule, [], refuse);
  if (rule.property !== undefined) findSealedValue({ property: rule.property }, ['property'], refuse);
  return faults;
}

/** The same of the event that is an order to lifecycle stages; fields as the settings name them. Pure. */
export function findLifecycleFaults({ order }: LifecycleSettings): RuleFault[] {
  const { faults, refuse } = createFaults((place) => spellRulePath(place).slice('rule.'.length));
  findMatchFaults(order, ['order'], refuse);
  return faults;
}

function createFaults(spell: (place: Place) => string = spellRulePath): { faults: RuleFault[]; refuse: Refuse } {
  const faults: RuleFault[] = [];
  const refuse: Refuse = (place, remedy) => {
    const field = spell(place);
    faults.push({ field, message: `${field}: ${remedy}` });
  };
  return { faults, refuse };
}

interface Asked {
  readonly place: Place;
  readonly names: RuleNames;
  readonly refuse: Refuse;
}

function findNodeFaults(node: SegmentRule, asked: Asked): void {
  const { place, names, refuse } = asked;
  const each = (nodes: readonly SegmentRule[], key: string) => {
    for (const [index, child] of nodes.entries()) findNodeFaults(child, { ...asked, place: [...place, key, index] });
  };
  if ('all' in node) return each(node.all, 'all');
  if ('any' in node) return each(node.any, 'any');
  if ('not' in node) return findNodeFaults(node.not, { ...asked, place: [...place, 'not'] });
  if ('trait' in node) return findTraitFaults(node, asked);
  if ('company' in node) return findPatternFault(node, place, refuse);
  if ('event' in node) {
    findMatchFaults(node, place, refuse);
    findFilterFaults(node.having, [...place, 'having'], refuse);
    if (node.aggregate !== undefined)
      findSealedValue({ property: node.aggregate.property }, [...place, 'aggregate', 'property'], refuse);
  }
  if ('sequence' in node) {
    for (const [index, step] of node.sequence.entries()) {
      findMatchFaults(step, [...place, 'sequence', index], refuse);
      if (step.without !== undefined) findMatchFaults(step.without, [...place, 'sequence', index, 'without'], refuse);
    }
  }
  if ('segment' in node && !names.segments.has(node.segment))
    refuse(
      [...place, 'segment'],
      'there is no such segment, or it is archived; give the id of one that GET /api/v1/segments lists',
    );
  if ('list' in node && !names.lists.has(node.list))
    refuse(
      [...place, 'list'],
      'there is no such list, or it is archived; give the id of one that GET /api/v1/lists lists',
    );
  if ('consent' in node) findTopicFault(node.consent.topic, [...place, 'consent', 'topic'], asked);
  if ('reachable' in node) findTopicFault(node.reachable.topic, [...place, 'reachable', 'topic'], asked);
}

function findTopicFault(topic: string | undefined, place: Place, { names, refuse }: Asked): void {
  if (topic !== undefined && !names.topics.has(topic)) refuse(place, names.unknownTopic);
}

function findTraitFaults(leaf: TraitLeaf, { place, names, refuse }: Asked): void {
  if (leaf.op !== 'held') return findPatternFault(leaf, place, refuse);
  const steps = pathSteps(leaf.trait);
  const name = steps.join('.');
  const trait = [...place, 'trait'];
  if (steps.some(names.isPersonalTrait))
    return refuse(trait, `"${name}" is personal, and since when it has been so is not kept; ask it without "held"`);
  if (names.derivedTraits.has(steps[0] ?? ''))
    refuse(
      trait,
      `"${name}" follows from events, and nobody ever says it; ask it without "held", or ask for the events`,
    );
}

function findMatchFaults(match: EventMatch, place: Place, refuse: Refuse): void {
  findFilterFaults(match.where, [...place, 'where'], refuse);
}

function findFilterFaults(filters: readonly EventFilter[] | undefined, place: Place, refuse: Refuse): void {
  for (const [index, filter] of (filters ?? []).entries()) {
    const at = [...place, index];
    const fault = sealedFault(filter);
    if (fault !== undefined) refuse([...at, 'property'], fault);
    if (filter.op !== 'some') {
      findPatternFault(filter, at, refuse);
      continue;
    }
    for (const [inner, condition] of filter.where.entries()) {
      const of = { property: condition.property, below: filter.property };
      findSealedValue(of, [...at, 'where', inner, 'property'], refuse);
      findPatternFault(condition, [...at, 'where', inner], refuse);
    }
  }
}

function findPatternFault(condition: ValueCondition | TraitLeaf, place: Place, refuse: Refuse): void {
  if (condition.op !== 'matches') return;
  try {
    compilePattern(condition.value, false);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    refuse(
      [...place, 'value'],
      `is no regular expression in RE2 syntax (${error.message}); correct it, see github.com/google/re2/wiki/Syntax`,
    );
  }
}

const COMPARED_WHOLE: ReadonlySet<string> = new Set(['equals', 'notEquals', 'in', 'notIn']);

/**
 * Properties that say who somebody is are sealed when an event comes in, and compared by a keyed hash: as a whole, on the
 * topmost level. What a rule would ask beyond that would never hold, so it is refused.
 */
function sealedFault(filter: EventFilter): string | undefined {
  const steps = pathSteps(filter.property);
  if (!isPersonalPath(steps)) return undefined;
  const name = steps.join('.');
  if (steps.length > 1) return `"${name}" is sealed: send it as a property of the event itself, or as a trait`;
  if (!COMPARED_WHOLE.has(filter.op))
    return `"${name}" is sealed and can only be compared as a whole: use equals, notEquals, in or notIn, or ask a trait`;
  if ('ignoreCase' in filter)
    return `"${name}" is sealed and compared letter by letter: leave "ignoreCase" out, or ask a trait`;
  const values = 'value' in filter ? [filter.value].flat() : [];
  const isLong = values.some((value) => typeof value === 'string' && value.length > BLIND_CHARS_MAX);
  return isLong ? `"${name}" is sealed: compare it with at most ${BLIND_CHARS_MAX} characters` : undefined;
}

/** `below`: the list that the property's path is counted from an element of. */
function findSealedValue(asked: { property: Path; below?: Path }, place: Place, refuse: Refuse): void {
  const steps = pathSteps(asked.property);
  if (isPersonalPath([...pathSteps(asked.below ?? []), ...steps]))
    refuse(
      place,
      `"${steps.join('.')}" is sealed: its value is not known; send it as a trait and ask that, or choose another property`,
    );
}
