import { defineMetrics, DURATION_BUCKETS, SIZE_BUCKETS } from '../../../platform/metrics/index.ts';

export const archiveMetrics = defineMetrics((metrics) => ({
  blockEvents: metrics.histogram({
    name: 'segue_archive_block_events',
    help: 'Events copied to the history in one block.',
    buckets: SIZE_BUCKETS,
  }),
  blockDuration: metrics.histogram({
    name: 'segue_archive_block_duration_seconds',
    help: 'How long a block took, from its borders being written down to its cursors being moved.',
    buckets: DURATION_BUCKETS,
  }),
}));
