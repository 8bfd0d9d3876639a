import { AppError } from '../../../platform/errors.ts';
import type { Decision, Refusal } from './member-rules.ts';

const WHY: Readonly<Record<Refusal, { code: 'forbidden' | 'conflict'; title: string; remedy: string }>> = {
  ownersOnly: {
    code: 'forbidden',
    title: 'Only an owner makes, changes or removes owners',
    remedy: 'ask an owner to do this, signed in',
  },
  beyondYours: {
    code: 'forbidden',
    title: 'This role may do more than you may',
    remedy: 'choose a role within your own scopes, or ask an owner',
  },
  lastOwner: {
    code: 'conflict',
    title: 'A workspace keeps at least one owner',
    remedy: 'make somebody else an owner first',
  },
};

/** Stops a change of members that the rules refuse. */
export function requireAllowed(decision: Decision): void {
  if (decision.kind === 'allowed') return;
  const { code, title, remedy } = WHY[decision.reason];
  throw new AppError(code, title, { details: [{ field: 'role', message: remedy }] });
}
