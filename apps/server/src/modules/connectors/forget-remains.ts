import type { Services } from '../../platform/context.ts';
import { forgetBaskets } from './apply/basket-store.ts';
import { forgetWaiting } from './apply/waiting-store.ts';
import { forgetDeliveries } from './inbox/inbox-store.ts';
import { forgetJobs } from './sync/job-store.ts';

const DAY_MS = 86_400_000;
const AT_ONCE = 5_000;

/**
 * A round: forgets deliveries after 7 days and those set aside after 30, carts nobody touched for 90, what waited for 90 in vain,
 * and work that ended 90 days ago. Answers how much.
 */
export async function forgetConnectorRemains({ postgres, clock }: Services): Promise<number> {
  const nowMs = clock.now();
  const ago = (days: number): Date => new Date(nowMs - days * DAY_MS);
  const limit = AT_ONCE;
  return (
    (await forgetDeliveries(postgres, { doneBefore: ago(7), faultedBefore: ago(30), limit })) +
    (await forgetBaskets(postgres, { before: ago(90), limit })) +
    (await forgetWaiting(postgres, { before: ago(90), limit })) +
    (await forgetJobs(postgres, { before: ago(90), limit }))
  );
}
