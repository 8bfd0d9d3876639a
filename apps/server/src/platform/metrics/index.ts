export { createMetrics, defineMetrics, DURATION_BUCKETS, type Metrics, SIZE_BUCKETS } from './metrics.ts';
export { watchProcess } from './process-metrics.ts';
export { registerMetrics } from './metrics-route.ts';
