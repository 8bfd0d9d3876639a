import type { Services } from '../../../platform/context.ts';
import { deleteOldDeliveries } from './delivery-list-store.ts';

const KEPT_MS = 30 * 86_400_000;
const SLICE_ROWS = 2_000;

/** Forgets one slice of deliveries older than 30 days, whatever became of them; answers how many rows went. */
export function retainWebhooks(services: Services): Promise<number> {
  const before = new Date(services.clock.now() - KEPT_MS);
  return deleteOldDeliveries(services.postgres, { before, limit: SLICE_ROWS });
}
