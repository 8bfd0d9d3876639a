import type { FastifyInstance } from 'fastify';
import type { Config } from '../platform/config/index.ts';
import type { Services } from '../platform/context.ts';
import { registerHealth } from '../platform/health.ts';
import { createHttpServer, type Drain } from '../platform/http/index.ts';
import { registerMetrics } from '../platform/metrics/index.ts';

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/**
 * The listener for those who look after the server: `/metrics` and `/api/health`, nothing of customers. Bound to
 * loopback it needs no token; bound to more it does.
 */
export function createOperations(config: Config, services: Services, drain: Drain): FastifyInstance {
  const app = createHttpServer(services.logger);
  registerHealth(app, services, drain);
  if (services.metrics !== undefined) {
    registerMetrics(app, services.metrics, { token: config.metricsToken, isOpen: LOOPBACK.test(config.metricsHost) });
  }
  return app;
}
