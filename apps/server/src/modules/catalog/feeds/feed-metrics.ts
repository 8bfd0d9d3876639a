import { defineMetrics } from '../../../platform/metrics/index.ts';

export const feedMetrics = defineMetrics((metrics) => ({
  runs: metrics.counter({
    name: 'segue_product_feed_runs_total',
    help: 'Fetches of product feeds by outcome: done, unchanged, failed.',
    labels: ['outcome'],
  }),
  rows: metrics.counter({
    name: 'segue_product_feed_rows_total',
    help: 'Rows of fetched product feeds by outcome: taken, refused.',
    labels: ['outcome'],
  }),
  bytes: metrics.counter({
    name: 'segue_product_feed_bytes_total',
    help: 'Bytes of fetched product feeds, unpacked.',
  }),
}));
