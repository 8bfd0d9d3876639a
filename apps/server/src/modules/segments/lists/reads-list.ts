import type { SegmentRule } from '@segue/contract';

/** Whether a rule asks for the list with this public id. */
export function readsList(rule: SegmentRule, listId: string): boolean {
  if ('all' in rule) return rule.all.some((node) => readsList(node, listId));
  if ('any' in rule) return rule.any.some((node) => readsList(node, listId));
  if ('not' in rule) return readsList(rule.not, listId);
  return 'list' in rule && rule.list === listId;
}
