import type { ComputedTraitRule, SegmentRule } from '@segue/contract';

import {
  describeAggregate,
  describeCount,
  describeMatch,
  describePeriod,
  describePick,
  describeSequence,
} from './describe-event.ts';
import { describeShop } from './describe-shop.ts';
import { describeTraitOp, describeValue, eitherOf } from './describe-condition.ts';
import { pathSteps } from './path.ts';

/** What people call what a rule names by its id; undefined where nobody knows. */
export type NameOf = (id: string) => string | undefined;

/** A rule as one English sentence; segments, lists, templates and journeys by the names `nameOf` knows. */
export function describeRule(rule: SegmentRule, nameOf: NameOf = () => undefined): string {
  if ('everyone' in rule) return 'Every profile.';
  return `Profiles for which ${describeNode(rule, { nameOf, isInner: false })}.`;
}

/** What a computed trait comes from, as one English sentence. */
export function describeComputedTrait(rule: ComputedTraitRule): string {
  const property = rule.property === undefined ? undefined : pathSteps(rule.property).join('.');
  const events = `${describeMatch(rule)}${describePeriod(rule)}`;
  switch (rule.function) {
    case 'count':
      return `How often ${events} has happened.`;
    case 'daysSince':
      return `Whole days since the last ${events}.`;
    case 'first':
    case 'last':
      return `${property} of the ${rule.function} ${events}.`;
    case 'mostFrequent':
      return `The most frequent ${property} of ${events}.`;
    default:
      return `${capital(describeAggregate(rule.function, property ?? ''))} of ${events}.`;
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

interface Place {
  readonly nameOf: NameOf;
  /** Beside others in a group: a group of its own needs brackets. */
  readonly isInner: boolean;
}

function describeNode(node: SegmentRule, place: Place): string {
  if ('all' in node) return describeGroup(node.all, ' and ', place);
  if ('any' in node) return describeGroup(node.any, ' or ', place);
  if ('not' in node) return `it is not so that ${describeNode(node.not, { ...place, isInner: true })}`;
  if ('everyone' in node) return 'nothing is asked';
  if ('trait' in node) return `${pathSteps(node.trait).join('.')} ${describeTraitOp(node)}`;
  if ('event' in node) return describeEvent(node);
  if ('sequence' in node) return describeSequence(node);
  if ('message' in node) return describeMessage(node, place.nameOf);
  return describeFact(node, place.nameOf);
}

function describeGroup(children: readonly SegmentRule[], word: string, { nameOf, isInner }: Place): string {
  const isList = children.length > 1;
  const clauses = children.map((child) => describeNode(child, { nameOf, isInner: isList })).join(word);
  return isInner && isList ? `(${clauses})` : clauses;
}

type NodeOf<Key extends string> = Extract<SegmentRule, Readonly<Record<Key, unknown>>>;

function describeEvent(leaf: NodeOf<'event'>): string {
  if (leaf.pick !== undefined) return describePick(leaf, leaf.pick);
  const events = describeMatch(leaf);
  if (leaf.aggregate !== undefined) {
    const { function: name, property } = leaf.aggregate;
    const what = describeAggregate(name, pathSteps(property).join('.'));
    return `${what} of ${events}${describePeriod(leaf)} ${describeValue(leaf.aggregate)}`;
  }
  return `${events} ${describeCount(leaf.count, 'happened')}${describePeriod(leaf)}`;
}

const ENGAGEMENTS = {
  sent: 'been sent',
  delivered: 'been delivered',
  opened: 'been opened by a human',
  clicked: 'been clicked in',
  replied: 'been replied to',
  bounced: 'bounced',
  failed: 'failed',
  refused: 'been refused',
} as const satisfies Record<NodeOf<'message'>['message'], string>;

function describeMessage(leaf: NodeOf<'message'>, nameOf: NameOf): string {
  const kind = [
    'a message',
    ...(leaf.channel === undefined ? [] : [`on ${spaced(leaf.channel)}`]),
    ...(leaf.template === undefined ? [] : [`from template ${named(leaf.template, nameOf)}`]),
    ...(leaf.journey === undefined ? [] : [`of journey ${named(leaf.journey, nameOf)}`]),
  ].join(' ');
  return `${kind} ${describeCount(leaf.count, ENGAGEMENTS[leaf.message])}${describePeriod(leaf)}`;
}

type FactNode = Exclude<
  SegmentRule,
  | { all: SegmentRule[] }
  | { any: SegmentRule[] }
  | { not: SegmentRule }
  | NodeOf<'everyone'>
  | NodeOf<'trait'>
  | NodeOf<'event'>
  | NodeOf<'sequence'>
  | NodeOf<'message'>
>;

function describeFact(node: FactNode, nameOf: NameOf): string {
  if ('segment' in node) return `the profile is in segment ${named(node.segment, nameOf)}`;
  if ('list' in node) return `the profile is on list ${named(node.list, nameOf)}`;
  if ('bucket' in node) {
    const { salt, from, below } = node.bucket;
    return `the lot drawn by "${salt}" is from ${from} to below ${below} percent`;
  }
  if ('consent' in node) {
    const { channel, topic, state } = node.consent;
    return `consent ${onChannel(channel, topic)} is ${eitherOf(state.map(spaced))}`;
  }
  if ('reachable' in node) return `the profile is reachable ${onChannel(node.reachable.channel, node.reachable.topic)}`;
  if ('company' in node)
    return `a company of the profile has a ${pathSteps(node.company).join('.')} that ${describeValue(node)}`;
  if ('place' in node) return describePlace(node.place);
  if ('lifecycle' in node) return `the lifecycle stage is ${eitherOf(node.lifecycle.map(spaced))}`;
  return describeShop(node, (id) => named(id, nameOf));
}

function onChannel(channel: string, topic: string | undefined): string {
  return `on ${spaced(channel)}${topic === undefined ? '' : ` for "${topic}"`}`;
}

function describePlace({ countries, regions, cities, near }: NodeOf<'place'>['place']): string {
  const clauses = [
    ...(countries === undefined ? [] : [`in the country ${eitherOf(countries)}`]),
    ...(regions === undefined ? [] : [`in the region ${eitherOf(regions)}`]),
    ...(cities === undefined ? [] : [`in the city ${eitherOf(cities)}`]),
    ...(near === undefined ? [] : [`within ${near.km} km of ${near.latitude}, ${near.longitude}`]),
  ];
  return `the place is ${clauses.join(' and ')}`;
}

function named(id: string, nameOf: NameOf): string {
  const name = nameOf(id);
  return name === undefined ? id : `"${name}"`;
}

function spaced(word: string): string {
  return word.replaceAll('_', ' ');
}
