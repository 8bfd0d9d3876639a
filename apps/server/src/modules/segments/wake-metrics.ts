import type { Services } from '../../platform/context.ts';
import { defineMetrics } from '../../platform/metrics/index.ts';
import { countDueWakes } from './member-store.ts';

const wakeMetrics = defineMetrics((metrics) => ({
  due: metrics.gauge({
    name: 'segue_segment_wakes_due',
    help: 'Profiles whose memberships time may have changed and that nobody has looked at yet, counted up to 100000.',
  }),
}));

/** Counts what is due whenever somebody reads the metrics. */
export function watchWakes(services: Services): void {
  const { due } = wakeMetrics(services);
  services.metrics?.onScrape(async () => {
    due.set(await countDueWakes(services.postgres, new Date(services.clock.now())));
  });
}
