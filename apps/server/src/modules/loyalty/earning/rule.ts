import type { AnswerOf, api } from '@segue/contract';

export type PresentedRule = AnswerOf<typeof api.getPointsRule>;
/** What a rule says, without its name in the API. */
export type RuleWords = Omit<PresentedRule, 'id' | 'program' | 'state' | 'createdAt' | 'updatedAt'>;
export type RuleState = PresentedRule['state'];
export type RuleLimits = RuleWords['limits'];
