import { defineMetrics, DURATION_BUCKETS, SIZE_BUCKETS } from '../../../platform/metrics/index.ts';

export const intakeMetrics = defineMetrics((metrics) => ({
  requests: metrics.counter({
    name: 'segue_intake_requests_total',
    help: 'Requests to the tracking API, by status of their answer.',
    labels: ['status'],
  }),
  events: metrics.counter({
    name: 'segue_intake_events_total',
    help: 'Events that came in: accepted (committed to the log), rejected, or duplicate (their message id was known).',
    labels: ['outcome'],
  }),
  groupEvents: metrics.histogram({
    name: 'segue_intake_commit_events',
    help: 'Events of many requests committed in one transaction.',
    buckets: SIZE_BUCKETS,
  }),
  groupDuration: metrics.histogram({
    name: 'segue_intake_commit_duration_seconds',
    help: 'How long such a commit took, sealing included.',
    buckets: DURATION_BUCKETS,
  }),
}));
