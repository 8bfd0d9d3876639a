import type { Services } from '../../../platform/context.ts';
import { defineMetrics, DURATION_BUCKETS } from '../../../platform/metrics/index.ts';
import { countWork } from './health-store.ts';

export const webhookMetrics = defineMetrics((metrics) => ({
  outcomes: metrics.counter({
    name: 'segue_webhook_deliveries_total',
    help: 'Webhook deliveries by outcome: delivered, failed, retried (a call that will be repeated), filtered (kept back by consent).',
    labels: ['outcome'],
  }),
  callDuration: metrics.histogram({
    name: 'segue_webhook_call_duration_seconds',
    help: 'How long a call of an endpoint took, answered or not.',
    buckets: DURATION_BUCKETS,
  }),
  waiting: metrics.gauge({
    name: 'segue_webhook_deliveries_waiting',
    help: 'Webhook deliveries without an outcome yet, waiting or sending, counted up to 100000.',
    labels: ['status'],
  }),
  queueAge: metrics.gauge({
    name: 'segue_webhook_queue_age_seconds',
    help: 'For how long the oldest delivery has been due to an endpoint that may be called now; 0 when there is none.',
  }),
  endpoints: metrics.gauge({
    name: 'segue_webhook_endpoints',
    help: 'Webhook endpoints by state: healthy, failing, disabled.',
    labels: ['state'],
  }),
}));

/** Counts what waits, and for whom, whenever somebody reads the metrics. */
export function watchWebhooks(services: Services): void {
  const { waiting, queueAge, endpoints } = webhookMetrics(services);
  services.metrics?.onScrape(async () => {
    const now = services.clock.now();
    const work = await countWork(services.postgres, now);
    waiting.set({ status: 'waiting' }, work.waiting);
    waiting.set({ status: 'sending' }, work.sending);
    queueAge.set(work.due_since === null ? 0 : Math.max(0, now - work.due_since.getTime()) / 1_000);
    for (const state of ['healthy', 'failing', 'disabled'] as const) endpoints.set({ state }, work[state]);
  });
}
