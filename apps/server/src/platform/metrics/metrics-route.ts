import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import type { Metrics } from './metrics.ts';

export interface MetricsAccess {
  /** Asked for as a bearer token. Without one nobody reads, unless `isOpen`. */
  readonly token: string | undefined;
  /** The listener is reached from this machine only. */
  readonly isOpen: boolean;
}

/**
 * `GET /metrics` in Prometheus' text format. Whether a caller comes from this machine is not asked of the connection: a
 * reverse proxy beside the server would make everybody look so. So the public port wants a token, and only a listener
 * of its own, bound to loopback, does without.
 */
export function registerMetrics(app: FastifyInstance, metrics: Metrics, access: MetricsAccess): void {
  app.get('/metrics', async (request, reply) => {
    if (!isMetricsReader(request, access)) {
      throw new AppError('unauthenticated', 'The metrics are not open here', {
        details: [
          {
            field: 'Authorization',
            message:
              'set SEGUE_METRICS_TOKEN and send it as "Authorization: Bearer <token>", or set SEGUE_METRICS_PORT',
          },
        ],
      });
    }
    return reply
      .type(metrics.contentType)
      .header('cache-control', 'no-store')
      .send(await metrics.text());
  });
}

function isMetricsReader(request: FastifyRequest, access: MetricsAccess): boolean {
  if (access.token === undefined) return access.isOpen;
  const given = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(access.token));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
