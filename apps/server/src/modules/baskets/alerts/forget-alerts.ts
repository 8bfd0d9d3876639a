import type { Services } from '../../../platform/context.ts';
import { forgetEnded } from './alert-store.ts';
import { DAY_MS } from './settings.ts';
import { forgetTellings } from './tell/telling-store.ts';

const KEPT_DAYS = 400;
const AT_ONCE_MAX = 2_000;

/** A round: forgets what ended and what was told more than a year ago. Answers how much. */
export async function forgetAlerts({ postgres, clock }: Services): Promise<number> {
  const old = { before: new Date(clock.now() - KEPT_DAYS * DAY_MS), limit: AT_ONCE_MAX };
  return (await forgetEnded(postgres, old)) + (await forgetTellings(postgres, old));
}
