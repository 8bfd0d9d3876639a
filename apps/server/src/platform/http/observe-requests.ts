import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../logger/index.ts';
import { defineMetrics, DURATION_BUCKETS, type Metrics } from '../metrics/index.ts';

const httpMetrics = defineMetrics((metrics) => ({
  duration: metrics.histogram({
    name: 'segue_http_request_duration_seconds',
    help: 'HTTP requests until their answer was sent, by route pattern and class of status; open streams left out.',
    labels: ['method', 'route', 'status'],
    buckets: DURATION_BUCKETS,
  }),
}));

export interface Observer {
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
}

/** Measures every request and, when asked to, writes a line about each: its pattern, for a path may hold an id or a token. */
export function observeRequests(app: FastifyInstance, observer: Observer, options: { accessLog: boolean }): void {
  const { duration } = httpMetrics(observer);
  app.addHook('onResponse', async (request: FastifyRequest, reply: FastifyReply) => {
    const { method, id } = request;
    const route = routeOf(request);
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    if (request.routeOptions.config.endpoint?.stream === undefined) {
      duration.observe({ method, route, status: `${Math.floor(reply.statusCode / 100)}xx` }, reply.elapsedTime / 1_000);
    }
    if (options.accessLog) {
      observer.logger.info({ requestId: id, method, route, status: reply.statusCode, ms }, 'a request was answered');
    }
  });
}

/** The pattern a request met. */
export function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'none';
}
