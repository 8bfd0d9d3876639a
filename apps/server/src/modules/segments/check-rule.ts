import type { SegmentRule } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { parsePublicId, publicId } from '../../platform/ids/index.ts';
import { findKnownTopics, unknownTopicMessage } from '../consent/index.ts';
import { isPersonalTrait, SESSION_TRAITS } from '../events/index.ts';
import { loadIdentifierReader } from '../profiles/index.ts';
import { listComputedTraits } from './computed/computed-trait-store.ts';
import { holdLists } from './lists/list-store.ts';
import { findRuleFaults, type RuleFault } from './rule-faults.ts';
import { LIFECYCLE_TRAIT } from './rule.ts';
import { findReferenceFaults } from './rule-references.ts';
import type { SegmentRow } from './segment-store.ts';

interface CheckedRule {
  readonly rule: SegmentRule;
  /** The segment that is given the rule; undefined: a new one, or none. */
  readonly id?: string;
  /** Every segment there is. */
  readonly active: readonly Pick<SegmentRow, 'id' | 'kind' | 'name' | 'rule' | 'next_rule'>[];
}

/**
 * Refuses a rule that passed its schema but could never be told: the schema does not know what is sealed, which segments,
 * lists and topics there are, and what RE2 reads. The lists it names stay until the transaction ends.
 */
export async function checkRule(ctx: Ctx, { rule, id, active }: CheckedRule): Promise<void> {
  const { sql, workspaceId } = ctx;
  const { ownFields } = await loadIdentifierReader(sql, workspaceId);
  const listIds = namedLists(rule).flatMap((list) => parsePublicId('lst', list) ?? []);
  const lists = listIds.length === 0 ? [] : await holdLists(sql, workspaceId, listIds);
  const computed = await listComputedTraits(sql, workspaceId);
  const topics = await findKnownTopics(sql, workspaceId);
  const segments = new Map(
    active
      .filter(({ kind }) => kind === 'segment')
      .map(({ id: other, name, rule: own, next_rule: next }) => [publicId('seg', other), { name, rule: next ?? own }]),
  );
  const faults = findRuleFaults(rule, {
    isPersonalTrait: (name) => isPersonalTrait(name) || ownFields.has(name),
    derivedTraits: new Set<string>([...SESSION_TRAITS, LIFECYCLE_TRAIT, ...computed.map((trait) => trait.name)]),
    lists: new Set(lists.map((list) => publicId('lst', list.id))),
    segments: new Set(segments.keys()),
    topics,
    unknownTopic: unknownTopicMessage(topics),
  });
  const ownId = id === undefined ? undefined : publicId('seg', id);
  refuseFaults([...faults, ...findReferenceFaults(rule, { id: ownId, segments })]);
}

/** One refusal that names every node at fault. */
export function refuseFaults(faults: readonly RuleFault[]): void {
  if (faults.length > 0)
    throw new AppError('invalid', 'The rule asks what cannot be answered', { details: [...faults] });
}

function namedLists(rule: SegmentRule): readonly string[] {
  if ('all' in rule) return rule.all.flatMap(namedLists);
  if ('any' in rule) return rule.any.flatMap(namedLists);
  if ('not' in rule) return namedLists(rule.not);
  return 'list' in rule ? [rule.list] : [];
}
