import type { AnswerOf, api } from '@segue/contract';
import type { LedgerRules } from '../ledger/points-sheet.ts';

export type PresentedProgram = AnswerOf<typeof api.getPointsProgram>;
/** How points are earned and spent. */
export type PointsTerms = PresentedProgram['terms'];
export type Multiplier = NonNullable<PointsTerms['earn']>['multipliers'][number];

/** Terms, and from when they hold. */
export interface TermsVersion {
  readonly version: number;
  readonly terms: PointsTerms;
  readonly holdsFromMs: number;
}

export interface Program {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly unit: string;
  readonly state: 'active' | 'archived';
  /** The newest last. */
  readonly versions: readonly TermsVersion[];
}

/** All programs of a workspace, the oldest first. */
export interface Programs {
  readonly all: readonly Program[];
  get(id: string): Program;
}

export function programsOf(all: readonly Program[]): Programs {
  const byId = new Map(all.map((program) => [program.id, program]));
  return {
    all,
    get(id) {
      const program = byId.get(id);
      if (program === undefined) throw new Error(`points program ${id} is not there`);
      return program;
    },
  };
}

/** The terms of now. */
export function currentTerms({ versions }: Program): PointsTerms {
  const newest = versions.at(-1);
  if (newest === undefined) throw new Error('a points program has no terms');
  return newest.terms;
}

/** The terms that held at an instant; undefined: it had not begun. Pure. */
export function termsAt({ versions }: Program, atMs: number): TermsVersion | undefined {
  return versions.findLast(({ holdsFromMs }) => holdsFromMs <= atMs);
}

export function ledgerRulesOf(program: Program): LedgerRules {
  const { graceDays, noticeDays, expiry } = currentTerms(program);
  return { graceDays, noticeDays, inactivityDays: expiry.kind === 'inactivity' ? expiry.days : null };
}
