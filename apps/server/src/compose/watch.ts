import { watchWebhooks } from '../modules/events/index.ts';
import { watchWaits } from '../modules/journeys/index.ts';
import { watchMessages } from '../modules/messaging/index.ts';
import { watchWakes } from '../modules/segments/index.ts';
import type { Services } from '../platform/context.ts';
import { watchLog } from '../platform/eventlog/index.ts';
import { watchProcess } from '../platform/metrics/index.ts';
import { watchPool } from '../platform/postgres/index.ts';

/** Everything that is only known by looking, looked at whenever the metrics are read. Answers how to stop. */
export function watch(services: Services, process: { processId: string; roles: readonly string[] }): () => void {
  if (services.metrics === undefined) return () => {};
  watchPool(services.metrics, services.postgres);
  watchLog(services, process.processId);
  for (const watchDue of [watchWakes, watchWaits, watchMessages, watchWebhooks]) watchDue(services);
  return watchProcess(services.metrics, process);
}
