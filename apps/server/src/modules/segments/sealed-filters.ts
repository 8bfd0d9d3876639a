import type { EventFilter, SegmentRule } from '@segue/contract';
import { AppError } from '../../platform/errors.ts';
import { BLIND_CHARS_MAX, isPersonalProperty } from '../events/index.ts';
import { pathSteps } from './path.ts';

const COMPARED_WHOLE: ReadonlySet<string> = new Set(['equals', 'notEquals', 'in', 'notIn']);

/**
 * Properties that say who somebody is are sealed when an event comes in, and compared by a keyed hash: as a whole, on the
 * topmost level. What a rule would ask beyond that would never hold, so it is refused.
 */
export function refuseSealedFilters(rule: SegmentRule): void {
  const faults = filtersOf(rule).flatMap((filter) => {
    const fault = faultOf(filter);
    return fault === undefined ? [] : [{ field: 'rule', message: fault }];
  });
  if (faults.length > 0)
    throw new AppError('invalid', 'The rule asks what sealed values cannot answer', { details: faults });
}

function filtersOf(rule: SegmentRule): readonly EventFilter[] {
  if ('all' in rule) return rule.all.flatMap(filtersOf);
  if ('any' in rule) return rule.any.flatMap(filtersOf);
  if ('not' in rule) return filtersOf(rule.not);
  return 'trait' in rule ? [] : (rule.where ?? []);
}

function faultOf(filter: EventFilter): string | undefined {
  const steps = pathSteps(filter.property);
  if (!steps.some(isPersonalProperty)) return undefined;
  const name = steps.join('.');
  if (steps.length > 1) return `"${name}" is sealed: send it as a property of the event itself, or as a trait`;
  if (!COMPARED_WHOLE.has(filter.op)) {
    return `"${name}" is sealed and can only be compared as a whole: use equals, notEquals, in or notIn, or ask a trait`;
  }
  const values = 'value' in filter ? [filter.value].flat() : [];
  const isLong = values.some((value) => typeof value === 'string' && value.length > BLIND_CHARS_MAX);
  return isLong ? `"${name}" is sealed: compare it with at most ${BLIND_CHARS_MAX} characters` : undefined;
}
