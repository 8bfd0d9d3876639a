import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import { defineMetrics, DURATION_BUCKETS, type Metrics } from './metrics.ts';

const processMetrics = defineMetrics((metrics) => ({
  info: metrics.gauge({
    name: 'segue_process_info',
    help: 'Always 1: which process this is and what it does.',
    labels: ['process', 'roles'],
  }),
  startedAt: metrics.gauge({
    name: 'segue_process_start_time_seconds',
    help: 'Unix time at which the process started.',
  }),
  cpu: metrics.counter({
    name: 'segue_process_cpu_seconds_total',
    help: 'Processor time this process used, without the embedded engines.',
    labels: ['mode'],
  }),
  memory: metrics.gauge({
    name: 'segue_process_memory_bytes',
    help: 'Memory of this process: resident, heap_used, heap_total, external.',
    labels: ['kind'],
  }),
  delay: metrics.gauge({
    name: 'segue_process_event_loop_delay_seconds',
    help: 'How late the event loop was since the scrape before.',
    labels: ['quantile'],
  }),
  collected: metrics.histogram({
    name: 'segue_process_gc_duration_seconds',
    help: 'Garbage collections, by how long they took.',
    buckets: DURATION_BUCKETS,
  }),
}));

/** Fine enough to see a stall, coarse enough to cost nothing. */
const DELAY_RESOLUTION_MS = 20;

/** Begins to watch this process; answers how to stop. */
export function watchProcess(metrics: Metrics, process: { processId: string; roles: readonly string[] }): () => void {
  const { info, startedAt, cpu, memory, delay, collected } = processMetrics({ metrics });
  info.set({ process: process.processId, roles: process.roles.join(',') }, 1);
  startedAt.set(performance.timeOrigin / 1_000);
  const loop = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  loop.enable();
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collected.observe(duration / 1_000);
  });
  collections.observe({ entryTypes: ['gc'] });
  let counted = { user: 0, system: 0 };
  metrics.onScrape(() => {
    const used = globalThis.process.cpuUsage();
    cpu.inc({ mode: 'user' }, (used.user - counted.user) / 1e6);
    cpu.inc({ mode: 'system' }, (used.system - counted.system) / 1e6);
    counted = used;
    const { rss, heapUsed, heapTotal, external } = globalThis.process.memoryUsage();
    for (const [kind, bytes] of Object.entries({
      resident: rss,
      heap_used: heapUsed,
      heap_total: heapTotal,
      external,
    })) {
      memory.set({ kind }, bytes);
    }
    for (const percentile of [50, 99, 100]) {
      const late = loop.percentile(percentile) / 1e9 - DELAY_RESOLUTION_MS / 1_000;
      delay.set({ quantile: String(percentile / 100) }, Math.max(0, late));
    }
    loop.reset();
  });
  return () => {
    loop.disable();
    collections.disconnect();
  };
}
