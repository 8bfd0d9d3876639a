import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** `name` begins with `segue_`, is in base units (seconds, bytes) and, of a counter, ends in `_total`. */
interface Definition<L extends string> {
  readonly name: `segue_${string}`;
  readonly help: string;
  /** Few values each: a route pattern, a stage, a lane. Never a workspace, a customer or an id. */
  readonly labels?: readonly L[];
}

export interface HistogramDefinition<L extends string> extends Definition<L> {
  readonly buckets: readonly number[];
}

/** What one process counts, in a registry of its own. */
export interface Metrics {
  counter<const L extends string = never>(definition: Definition<L> & { name: `${string}_total` }): Counter<L>;
  gauge<const L extends string = never>(definition: Definition<L>): Gauge<L>;
  histogram<const L extends string = never>(definition: HistogramDefinition<L>): Histogram<L>;
  /** Runs before each answer: for what is only known by asking. A failure leaves its gauges as they were cleared. */
  onScrape(work: () => Promise<void> | void): void;
  /** Everything, as Prometheus' text format 0.0.4. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** A database that hangs must not keep back what the process itself knows. */
const SCRAPE_TIMEOUT_MS = 3_000;

export function createMetrics(): Metrics {
  const registry = new Registry();
  const scrapes: (() => Promise<void> | void)[] = [];
  const common = <L extends string>({ name, help, labels = [] }: Definition<L>) => ({
    name,
    help,
    labelNames: labels,
    registers: [registry],
  });
  const metrics: Metrics = {
    counter: (definition) => new Counter(common(definition)),
    gauge: (definition) => new Gauge(common(definition)),
    histogram: (definition) => new Histogram({ ...common(definition), buckets: [...definition.buckets] }),
    onScrape: (work) => void scrapes.push(work),
    text: async () => {
      for (const define of definitions) define(metrics);
      const late = new Promise<void>((resolve) => setTimeout(resolve, SCRAPE_TIMEOUT_MS).unref());
      await Promise.race([Promise.allSettled(scrapes.map(async (work) => work())), late]);
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
  return metrics;
}

const definitions: ((metrics: Metrics) => unknown)[] = [];
/** A world that nobody scrapes counts here. */
const unread = createMetrics();

/**
 * Declares what a module counts, beside the code that counts it; every answer lists it from the start. Example:
 *
 *     const myMetrics = defineMetrics((metrics) => ({ sent: metrics.counter({ name: 'segue_sent_total', help: '…' }) }));
 *     myMetrics(services).sent.inc(batch.length);   // once a batch, never once an event
 */
export function defineMetrics<T extends object>(
  build: (metrics: Metrics) => T,
): (services: { readonly metrics?: Metrics | undefined }) => T {
  const built = new WeakMap<Metrics, T>();
  const of = (metrics: Metrics): T => {
    const known = built.get(metrics);
    if (known !== undefined) return known;
    const made = build(metrics);
    built.set(metrics, made);
    return made;
  };
  definitions.push(of);
  return (services) => of(services.metrics ?? unread);
}

/** Seconds from a fraction of a millisecond to half a minute. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
/** Events in one go. */
export const SIZE_BUCKETS = [1, 5, 10, 50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000] as const;
