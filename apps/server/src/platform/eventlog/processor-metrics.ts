import { defineMetrics, DURATION_BUCKETS, SIZE_BUCKETS } from '../metrics/index.ts';

export const processorMetrics = defineMetrics((metrics) => ({
  batchEvents: metrics.histogram({
    name: 'segue_processor_batch_events',
    help: 'Events processed in one transaction.',
    buckets: SIZE_BUCKETS,
  }),
  batchDuration: metrics.histogram({
    name: 'segue_processor_batch_duration_seconds',
    help: 'How long such a transaction took.',
    buckets: DURATION_BUCKETS,
  }),
  stageDuration: metrics.histogram({
    name: 'segue_processor_stage_duration_seconds',
    help: 'How long a stage took for the events of one workspace in a batch.',
    labels: ['stage'],
    buckets: DURATION_BUCKETS,
  }),
  retries: metrics.counter({
    name: 'segue_processor_retries_total',
    help: 'Batches taken back and done again: a lease or a race was lost, definitions changed, the database was away.',
  }),
  deadLetters: metrics.counter({
    name: 'segue_processor_dead_letters_total',
    help: 'Events set aside because they could not be processed.',
  }),
}));
