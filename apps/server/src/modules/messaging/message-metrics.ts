import type { Services } from '../../platform/context.ts';
import { defineMetrics } from '../../platform/metrics/index.ts';
import { countUnended } from './message-list-store.ts';

export const messageMetrics = defineMetrics((metrics) => ({
  outcomes: metrics.counter({
    name: 'segue_messages_total',
    help: 'Messages by channel and outcome: sent, refused, failed, unknown, or retried (an attempt that will be repeated).',
    labels: ['channel', 'outcome'],
  }),
  waiting: metrics.gauge({
    name: 'segue_messages_waiting',
    help: 'Messages without an outcome yet, queued or sending, counted up to 100000.',
    labels: ['status'],
  }),
}));

/** Counts what waits whenever somebody reads the metrics. */
export function watchMessages(services: Services): void {
  const { waiting } = messageMetrics(services);
  services.metrics?.onScrape(async () => {
    waiting.reset();
    for (const [status, count] of Object.entries(await countUnended(services.postgres))) waiting.set({ status }, count);
  });
}
