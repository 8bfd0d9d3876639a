import type { Services } from '../../platform/context.ts';
import { defineMetrics } from '../../platform/metrics/index.ts';
import { countDueRuns } from './run-store.ts';

const waitMetrics = defineMetrics((metrics) => ({
  due: metrics.gauge({
    name: 'segue_journey_waits_due',
    help: 'Runs whose wait is over and that nobody has moved yet, counted up to 100000.',
  }),
}));

/** Counts what is due whenever somebody reads the metrics. */
export function watchWaits(services: Services): void {
  const { due } = waitMetrics(services);
  services.metrics?.onScrape(async () => {
    due.set(await countDueRuns(services.postgres, services.clock.now()));
  });
}
