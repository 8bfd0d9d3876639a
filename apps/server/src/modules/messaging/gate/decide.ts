import type { RefusedBy } from '../types.ts';
import { RULES } from './rules.ts';
import type { SendDecision, SendFacts, Verdict } from './send-facts.ts';

/** The policy gate: no message leaves without it. The first rule that speaks decides. Pure. */
export function decide(facts: SendFacts, now: number): SendDecision {
  for (const rule of RULES) {
    const verdict = rule.judge(facts, now);
    if (verdict !== undefined) return { ...verdict, by: rule.by };
  }
  return { kind: 'send' };
}

/** What one rule says of a message, for whoever asks why. */
export interface Explained {
  readonly by: RefusedBy;
  readonly asks: string;
  readonly verdict: Verdict | undefined;
}

/** Every rule of the gate with what it says, in their order: the first that says something is the decision. */
export function explain(facts: SendFacts, now: number): readonly Explained[] {
  return RULES.map((rule) => ({ by: rule.by, asks: rule.asks, verdict: rule.judge(facts, now) }));
}
