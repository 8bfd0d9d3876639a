import type { IdentityRules, KindRule } from './identity-rules.ts';
import type { HeldNode } from './profile-section.ts';

const DAY_MS = 86_400_000;

/** As many merges one profile may come of: beyond it something is wrong with what is sent, not one customer large. */
export const MERGES_MAX = 100;
/** As many identifiers of all kinds together a profile may hold. */
export const NODES_MAX = 1_000;

/** What is held together of one kind. */
interface Holding {
  readonly parties: readonly (readonly HeldNode[])[];
  readonly fresh: readonly HeldNode[];
}

/**
 * The first rule that joining would break: of some kind there would be more than may be held, and more than any one of the
 * parties held before. Whoever broke a rule before it was made goes on living with it. Pure.
 */
export function brokenRule(rules: IdentityRules, holding: Holding): KindRule | undefined {
  return rules.kinds.find((rule) => breaks(rule, holding));
}

function breaks(rule: KindRule, { parties, fresh }: Holding): boolean {
  const ofKind = (nodes: readonly HeldNode[]) => nodes.filter(([kind]) => kind === rule.code);
  const together = [...parties.flatMap(ofKind), ...ofKind(fresh)];
  if (together.length <= rule.limit) return false;
  const peak = mostHeld(together, rule);
  if (peak <= rule.limit) return false;
  return peak > Math.max(0, ...parties.map((party) => mostHeld(ofKind(party), rule)));
}

/** The most newly held within any stretch of event time that the rule speaks of; what is of an unknown time is of long ago. */
function mostHeld(nodes: readonly HeldNode[], { perDays }: KindRule): number {
  const distinct = new Map(nodes.map(([, id, atMs]) => [id, atMs]));
  if (perDays === undefined) return distinct.size;
  const times = [...distinct.values()].filter((atMs) => atMs !== undefined).sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [last, atMs] of times.entries()) {
    while (atMs - times[first]! >= perDays * DAY_MS) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
