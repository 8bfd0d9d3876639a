import { defineMetrics, type Metrics } from '../metrics/index.ts';
import type { Postgres } from './sql.ts';

const poolMetrics = defineMetrics((metrics) => ({
  connections: metrics.gauge({
    name: 'segue_postgres_connections',
    help: 'Connections of this process to PostgreSQL: in_use or idle.',
    labels: ['state'],
  }),
  waiting: metrics.gauge({
    name: 'segue_postgres_waiting_requests',
    help: 'Statements and transactions that wait for a connection.',
  }),
}));

/** Looks at the pool whenever somebody reads the metrics. */
export function watchPool(metrics: Metrics, postgres: Postgres): void {
  const { connections, waiting } = poolMetrics({ metrics });
  metrics.onScrape(() => {
    const { total, idle, waiting: count } = postgres.connections();
    connections.set({ state: 'in_use' }, total - idle);
    connections.set({ state: 'idle' }, idle);
    waiting.set(count);
  });
}
